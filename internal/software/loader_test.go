package software

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// layout makes files and links below a new directory: "link -> target", "dir/",
// or a file.
func layout(t *testing.T, lines ...string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		name, target, isLink := strings.Cut(line, " -> ")
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		switch {
		case isLink:
			err = os.Symlink(target, path)
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(path, 0o755)
		default:
			err = os.WriteFile(path, []byte(name), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestResolveIn(t *testing.T) {
	root := layout(t,
		"lib/x86_64-linux-gnu/ld-2.31.so",
		"lib64/ld-linux-x86-64.so.2 -> /lib/x86_64-linux-gnu/ld-2.31.so",
		"usr/lib64/ld.so -> ../lib/ld.so",
		"usr/lib/ld.so",
		"merged -> usr/lib64",
		"etc/passwd",
		"escape -> ../../../../../../etc/passwd",
		"escapeabs -> /../../etc/passwd",
		"outside -> /etc/hostname-of-the-host",
		"loop -> loop",
		"dangling -> nowhere",
	)
	tests := []struct{ path, want string }{
		{"/lib64/ld-linux-x86-64.so.2", "lib/x86_64-linux-gnu/ld-2.31.so"}, // bullseye
		{"/merged/ld.so", "usr/lib/ld.so"},                                 // a link on the way
		{"usr//./lib/../lib/ld.so", "usr/lib/ld.so"},
		{"escape", "etc/passwd"},
		{"escapeabs", "etc/passwd"},
		{"../../etc/passwd", "etc/passwd"},
		{"outside", ""},
		{"dangling", ""},
		{"loop", ""},
	}
	for _, tt := range tests {
		got, err := resolveIn(root, tt.path)
		switch {
		case tt.want == "" && err == nil:
			t.Errorf("resolveIn(%q) = %q, want an error", tt.path, got)
		case tt.want != "" && (err != nil || got != filepath.Join(root, tt.want)):
			t.Errorf("resolveIn(%q) = %q, %v; want %q", tt.path, got, err, tt.want)
		}
	}
	if _, err := resolveIn(root, "loop"); !errors.Is(err, errTooManyLinks) {
		t.Errorf("a link to itself: %v", err)
	}
}

// writeELF writes the smallest file that names a loader.
func writeELF(t *testing.T, path string, machine elf.Machine, interp string) {
	t.Helper()
	const header, prog = 64, 56
	var b bytes.Buffer
	h := elf.Header64{
		Type: uint16(elf.ET_DYN), Machine: uint16(machine), Version: 1,
		Phoff: header, Ehsize: header, Phentsize: prog,
	}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1
	if interp != "" {
		h.Phnum = 1
	}
	size := uint64(len(interp) + 1)
	p := elf.Prog64{Type: uint32(elf.PT_INTERP), Off: header + prog, Filesz: size, Memsz: size}
	for _, v := range []any{h, p, append([]byte(interp), 0)} {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, b.Bytes(), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestLoaderArgv(t *testing.T) {
	tests := []struct {
		name    string
		files   []string
		machine elf.Machine
		interp  string
		want    string // of loader and library path, without root
	}{
		{
			"before the merge of /usr",
			[]string{"lib/x86_64-linux-gnu/ld-2.31.so", "usr/lib/x86_64-linux-gnu/", "lib64/ld.so -> /lib/x86_64-linux-gnu/ld-2.31.so"},
			elf.EM_X86_64, "/lib64/ld.so",
			"lib/x86_64-linux-gnu/ld-2.31.so lib/x86_64-linux-gnu:usr/lib/x86_64-linux-gnu",
		},
		{
			"merged",
			[]string{"lib -> usr/lib", "lib64 -> usr/lib64", "usr/lib/x86_64-linux-gnu/ld.so", "usr/lib64/ld.so -> ../lib/x86_64-linux-gnu/ld.so"},
			elf.EM_X86_64, "/lib64/ld.so",
			"usr/lib/x86_64-linux-gnu/ld.so usr/lib/x86_64-linux-gnu",
		},
		{
			"arm64",
			[]string{"lib -> usr/lib", "usr/lib/aarch64-linux-gnu/ld.so", "usr/lib/ld.so -> aarch64-linux-gnu/ld.so"},
			elf.EM_AARCH64, "/lib/ld.so",
			"usr/lib/aarch64-linux-gnu/ld.so usr/lib/aarch64-linux-gnu",
		},
		{"no loader in the tree", []string{"lib/x86_64-linux-gnu/"}, elf.EM_X86_64, "/lib64/ld.so", ""},
		{"static", []string{"lib/x86_64-linux-gnu/"}, elf.EM_X86_64, "", ""},
		{"another machine", []string{"lib/ld.so", "lib/x86_64-linux-gnu/"}, elf.EM_AARCH64, "/lib/ld.so", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := layout(t, append(tt.files, "usr/sbin/")...)
			writeELF(t, filepath.Join(root, "usr/sbin/nginx"), tt.machine, tt.interp)
			argv, err := loaderArgv(root, "usr/sbin/nginx")
			if tt.want == "" {
				if err == nil {
					t.Fatalf("no error but %q", argv)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := strings.ReplaceAll(argv[0]+" "+argv[3], root+"/", "")
			if got != tt.want || argv[4] != filepath.Join(root, "usr/sbin/nginx") {
				t.Errorf("got %q of %q, want %q", got, argv, tt.want)
			}
		})
	}
}

func TestLoaderArgvRefusesWhatTheLoaderMisreads(t *testing.T) {
	for _, dir := range []string{"/a:b", "/a;b", "/$ORIGIN"} {
		if _, err := loaderArgv(dir, "usr/sbin/nginx"); err == nil || !strings.Contains(err.Error(), "another cache") {
			t.Errorf("%s: %v", dir, err)
		}
	}
}
