//go:build !linux

package lab

// children are not shown by this system.
func children(int, string) []int { return nil }
