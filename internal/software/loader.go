package software

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// multiarch are Debian's directory names for the libraries of a machine
// (wiki.debian.org/Multiarch/Tuples).
var multiarch = map[elf.Machine]string{
	elf.EM_AARCH64: "aarch64-linux-gnu",
	elf.EM_X86_64:  "x86_64-linux-gnu",
}

// loaderArgv returns the command that starts the binary of a root tree on this
// host with the tree's own loader and libraries (ld.so(8)). binary is a path
// inside the tree.
func loaderArgv(root, binary string) ([]string, error) {
	// ld.so splits its list at both, and expands $ORIGIN and others in it.
	if strings.ContainsAny(root, ":;$") {
		return nil, fmt.Errorf("start %s from %s: the loader takes no directory with one of : ; $ in its name; choose another cache directory", binary, root)
	}
	bin, err := resolveIn(root, binary)
	if err != nil {
		return nil, err
	}
	interp, machine, err := readInterp(bin)
	if err != nil {
		return nil, err
	}
	loader, err := resolveIn(root, interp)
	if err != nil {
		return nil, fmt.Errorf("find the loader of %s: %w", bin, err)
	}
	dirs := libraryDirs(root, machine)
	if len(dirs) == 0 {
		return nil, fmt.Errorf("find the libraries of %s: no directory for %s in %s", bin, machine, root)
	}
	// The cache of ld.so names the host's libraries, never the tree's.
	return []string{loader, "--inhibit-cache", "--library-path", strings.Join(dirs, ":"), bin}, nil
}

// readInterp returns what PT_INTERP of an ELF file names, and its machine.
func readInterp(path string) (interp string, machine elf.Machine, err error) {
	f, err := elf.Open(path)
	if err != nil {
		return "", 0, fmt.Errorf("read the ELF header of %s: %w", path, err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		b, err := io.ReadAll(io.LimitReader(p.Open(), 4096)) // PATH_MAX
		if err != nil {
			return "", 0, fmt.Errorf("read PT_INTERP of %s: %w", path, err)
		}
		return strings.TrimRight(string(b), "\x00"), f.Machine, nil
	}
	return "", 0, fmt.Errorf("read PT_INTERP of %s: %w", path, errors.New("there is none: a static binary?"))
}

// libraryDirs returns the tree's library directories for the machine, without
// links, each once: after the merge of /usr both names lead to one directory.
func libraryDirs(root string, machine elf.Machine) []string {
	name, ok := multiarch[machine]
	if !ok {
		return nil
	}
	var dirs []string
	for _, parent := range []string{"lib", "usr/lib"} {
		dir, err := resolveIn(root, filepath.Join(parent, name))
		if err == nil && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}
