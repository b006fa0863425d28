//go:build !unix

package measure

import "os"

// peak is the most memory that a process had, which is not known here.
func peak(*os.ProcessState) int64 { return 0 }
