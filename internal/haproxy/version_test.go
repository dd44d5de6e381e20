package haproxy

import "testing"

var versionTests = []struct {
	in   string
	want Version
	ok   bool
}{
	{"2.6", Version{Major: 2, Minor: 6, Branch: true}, true},
	{"2.6.12", Version{Major: 2, Minor: 6, Patch: 12}, true},
	{"1.18.0", Version{Major: 1, Minor: 18}, true},
	{"2.6.12-1+deb12u3", Version{Major: 2, Minor: 6, Patch: 12, Suffix: "-1+deb12u3"}, true},
	{"3.2.26-1~bpo13+1", Version{Major: 3, Minor: 2, Patch: 26, Suffix: "-1~bpo13+1"}, true},
	{"3.3-dev1", Version{Major: 3, Minor: 3, Branch: true, Suffix: "-dev1"}, true},
	{"0.0.0-1", Version{Suffix: "-1"}, true},
	{"0.0.0", Version{}, false},
	{"", Version{}, false},
	{"2", Version{}, false},
	{"2.", Version{}, false},
	{".6", Version{}, false},
	{"2.6.", Version{}, false},
	{"2.6.1.2", Version{}, false},
	{"2.06", Version{}, false},
	{"+2.6", Version{}, false},
	{"2.6 ", Version{}, false},
	{"v2.6", Version{}, false},
	{"2.6-", Version{}, false},
	{"2.6-1 x", Version{}, false},
	{"2.6-\n", Version{}, false},
	{"9999999.1", Version{}, false},
	{"٢.٦", Version{}, false},
}

func TestParseVersion(t *testing.T) {
	for _, tt := range versionTests {
		got, err := ParseVersion(tt.in)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("ParseVersion(%q) = %+v, %v; want %+v, ok %t", tt.in, got, err, tt.want, tt.ok)
		}
	}
}

func FuzzParseVersion(f *testing.F) {
	for _, tt := range versionTests {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseVersion(s)
		if err != nil {
			if !v.IsZero() {
				t.Errorf("ParseVersion(%q) = %+v with %v", s, v, err)
			}
			return
		}
		if v.String() != s {
			t.Errorf("ParseVersion(%q).String() = %q", s, v)
		}
		if Compare(v, v) != 0 {
			t.Errorf("%q is not equal to itself", s)
		}
	})
}

func mustVersion(t *testing.T, s string) Version {
	t.Helper()
	v, err := ParseVersion(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestMatches(t *testing.T) {
	for _, tt := range []struct {
		want, got string
		matches   bool
	}{
		{"2.6", "2.6.12", true},
		{"2.6", "2.6.12-1+deb12u3", true},
		{"2.6", "2.6", true},
		{"2.6", "2.8.0", false},
		{"2.6", "3.6.0", false},
		{"2.6.12", "2.6.12", true},
		{"2.6.12", "2.6.12-1+deb12u3", true},
		{"2.6.12-1+deb12u3", "2.6.12", true},
		{"2.6.12", "2.6.1", false},
		{"2.6.12", "2.6", false},
		{"2.6.0", "2.6", false},
		{"1.18.0", "1.18.0", true},
	} {
		if got := mustVersion(t, tt.want).Matches(mustVersion(t, tt.got)); got != tt.matches {
			t.Errorf("%s matches %s: %t", tt.want, tt.got, got)
		}
	}
}

func TestCompare(t *testing.T) {
	ascending := []string{"1.18.0", "1.19.8", "2.2.9", "2.6", "2.6.1", "2.6.12", "2.10.0", "3.0.11"}
	for i, a := range ascending {
		for j, b := range ascending {
			want := max(-1, min(1, i-j))
			if got := Compare(mustVersion(t, a), mustVersion(t, b)); got != want {
				t.Errorf("Compare(%s, %s) = %d, want %d", a, b, got, want)
			}
		}
	}
}
