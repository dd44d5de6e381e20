//go:build !linux

package container

// kernel is not known: no engine shares a kernel with this system.
func kernel() string { return "" }
