//go:build race

package race

// Detector says whether the program was built with the race detector.
const Detector = true
