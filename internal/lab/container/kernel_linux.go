package container

import "golang.org/x/sys/unix"

// kernel is this machine's kernel release, as uname -r; empty where it cannot
// be told.
func kernel() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return ""
	}
	return unix.ByteSliceToString(name.Release[:])
}
