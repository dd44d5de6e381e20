package haproxy

import (
	"encoding/json"
	"testing"
)

var serverRefTests = []struct {
	in   string
	want ServerRef
	ok   bool
}{
	{"bk_app/nginx2", ServerRef{"bk_app", "nginx2"}, true},
	{"a.b:c-d_e/9", ServerRef{"a.b:c-d_e", "9"}, true},
	{"", ServerRef{}, false},
	{"/", ServerRef{}, false},
	{"bk_app", ServerRef{}, false},
	{"bk_app/", ServerRef{}, false},
	{"/nginx2", ServerRef{}, false},
	{"bk_app/nginx2/x", ServerRef{}, false},
	{"bk app/nginx2", ServerRef{}, false},
	{"bk_app/nginx2\n", ServerRef{}, false},
	{"bk_app/nginx2;quit", ServerRef{}, false},
	{"bk_app/é", ServerRef{}, false},
}

func TestParseServerRef(t *testing.T) {
	for _, tt := range serverRefTests {
		got, err := ParseServerRef(tt.in)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("ParseServerRef(%q) = %v, %v; want %v, ok %t", tt.in, got, err, tt.want, tt.ok)
		}
	}
}

func FuzzParseServerRef(f *testing.F) {
	for _, tt := range serverRefTests {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if ref, err := ParseServerRef(s); err == nil && ref.String() != s {
			t.Errorf("ParseServerRef(%q).String() = %q", s, ref)
		}
	})
}

func TestTextRoundTrip(t *testing.T) {
	type both struct {
		Ref     ServerRef
		Version Version
	}
	for _, want := range []both{
		{},
		{ServerRef{"b", "s"}, Version{Major: 2, Minor: 6, Branch: true}},
		{ServerRef{"b", "s"}, Version{Major: 2, Minor: 6, Patch: 12, Suffix: "-1+deb12u3"}},
	} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got := both{ServerRef{"x", "y"}, Version{Major: 9}} // must be overwritten
		if err := json.Unmarshal(text, &got); err != nil || got != want {
			t.Errorf("%s came back as %+v, %v", text, got, err)
		}
	}
	if err := json.Unmarshal([]byte(`{"Ref":"b"}`), new(both)); err == nil {
		t.Error("a backend alone was taken for a server")
	}
	if err := json.Unmarshal([]byte(`{"Version":"2"}`), new(both)); err == nil {
		t.Error("2 was taken for a version")
	}
}
