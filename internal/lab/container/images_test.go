package container

import (
	"errors"
	"strings"
	"testing"

	"halab/internal/software"
)

func TestBuildError(t *testing.T) {
	tests := []struct{ name, messages, want string }{
		{"none", `{"stream":"Step 1/2 : FROM scratch\n"}` + "\r\n" + `{"aux":{"ID":"sha256:1"}}`, ""},
		{"one", `{"stream":"Step 1/2"}{"errorDetail":{"code":1,"message":"ADD failed: no space left on device"},"error":"ADD failed"}`,
			"no space left on device"},
		{"cut", `{"stream":"Step 1`, "read the engine's answer: unexpected EOF"},
		{"not JSON", `<html>`, "read the engine's answer: invalid character"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := buildError(strings.NewReader(tt.messages))
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

func TestNoSuchImage(t *testing.T) {
	tests := []struct {
		text string
		want bool
	}{
		{"manifest for nginx:9.9.9 not found: manifest unknown: manifest unknown", true},
		{"pull access denied for nginxx, repository does not exist or may require 'docker login'", true},
		{"Get \"https://registry.example/v2/\": dial tcp: connect: connection refused", false},
		{"dial tcp: lookup registry.example: no such host", false},
		{"toomanyrequests: You have reached your pull rate limit", false},
	}
	for _, tt := range tests {
		if got := errors.Is(noSuchImage(errors.New(tt.text)), software.ErrNoSuchImage); got != tt.want {
			t.Errorf("%s: no such image %v, want %v", tt.text, got, tt.want)
		}
	}
}
