//go:build !race

package host

const slower = 1
