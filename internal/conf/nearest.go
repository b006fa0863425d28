package conf

import (
	"strings"
	"unicode/utf8"
)

// Nearest returns the name that was probably meant: the one with the fewest
// letters added, removed, changed or swapped, as long as they are not more than
// a third of it. It is empty when no name is near. Case does not count.
func Nearest(name string, among []string) string {
	best, bestDistance := "", 0
	for _, candidate := range among {
		distance := editDistance(strings.ToLower(name), strings.ToLower(candidate))
		longer := max(utf8.RuneCountInString(name), utf8.RuneCountInString(candidate))
		if distance > max(1, longer/3) || distance >= longer {
			continue
		}
		if best == "" || distance < bestDistance {
			best, bestDistance = candidate, distance
		}
	}
	return best
}

// editDistance counts insertions, deletions, changes and swaps of neighbours.
func editDistance(from, to string) int {
	a, b := []rune(from), []rune(to)
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			changed := last[j-1]
			if a[i-1] != b[j-1] {
				changed++
			}
			row[j] = min(changed, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
