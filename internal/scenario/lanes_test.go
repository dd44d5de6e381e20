package scenario

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestLaneDefaults(t *testing.T) {
	own := Download{Connections: 2, Size: 5, Lasts: Duration(time.Second)}
	for _, tc := range []struct {
		what      string
		got, want any
	}{
		{"idle", []any{Idle{}.Conns(), Idle{}.EveryD()}, []any{20, 250 * time.Millisecond}},
		{"own idle", Idle{Connections: 2, Interval: Duration(time.Second)}.EveryD(), 500 * time.Millisecond},
		{"download", []any{Download{}.Conns(), Download{}.Bytes(), Download{}.LastsD()}, []any{4, int64(1 << 20), 4 * time.Second}},
		{"own download", []any{own.Conns(), own.Bytes(), own.LastsD()}, []any{2, int64(5), time.Second}},
		{"upload", []any{Upload{}.Conns(), Upload{}.Bytes(), Upload{}.LastsD()}, []any{4, int64(1 << 18), 4 * time.Second}},
		{"no poll beside idle", Traffic{Idle: &Idle{}}.EffectivePoll(), (*Poll)(nil)},
		{"no poll beside download", Traffic{Download: &Download{}}.EffectivePoll(), (*Poll)(nil)},
		{"stream", []any{Stream{}.Conns(), Stream{}.EveryD()}, []any{4, 200 * time.Millisecond}},
		{"no poll beside stream", Traffic{Stream: &Stream{}}.EffectivePoll(), (*Poll)(nil)},
		{"no poll beside upload", Traffic{Upload: &Upload{}}.EffectivePoll(), (*Poll)(nil)},
	} {
		if !reflect.DeepEqual(tc.got, tc.want) {
			t.Errorf("%s: %v, want %v", tc.what, tc.got, tc.want)
		}
	}
}

// TestLaneMistakes: lanes that could not show what they are there for.
func TestLaneMistakes(t *testing.T) {
	const base = `apiVersion: halab/v1
name: lanes
haproxy: {version: "2.6"}
frontends: [{name: app, bind: ":80", default_backend: bk_app}]
backends: [{name: bk_app, servers: [{name: nginx1, address: "127.0.0.1:81", nginx: 1.18.0}]}]
traffic: `
	for _, tc := range []struct{ traffic, want string }{
		{"{idle: {}, download: {}, upload: {}}", ""},
		{"{idle: {interval: 49s}}", ""},
		{"{idle: {interval: 50s}}", "a connection that sleeps 50s is closed before it wakes"},
		{"{timeout: 7s, download: {}}", "a download of 4s could not end in time"},
		{"{upload: {lasts: 5001ms}}", "an upload of 5.001s could not end in time"},
		{"{timeout: 12s, upload: {lasts: 6s}}", ""},
		{"{upload: {size: 100000000}}", "out of range"},
		{"{download: {connections: 0}}", "out of range"},
		{"{stream: {every: 4999ms}}", ""},
		{"{stream: {every: 5s}}", "a stream with a message every 5s is taken for dead in between"},
		{"{timeout: 2m, stream: {every: 50s}}", "taken for dead"},
	} {
		_, err := Parse("lanes.yaml", []byte(base+tc.traffic+"\n"), testKinds())
		switch {
		case tc.want == "" && err != nil:
			t.Errorf("%s: %v", tc.traffic, err)
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%s: %v, want %q", tc.traffic, err, tc.want)
		}
	}
}
