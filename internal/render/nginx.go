package render

import (
	"bytes"
	"fmt"
	"slices"
	"text/template"

	"halab/internal/haproxy"
	"halab/internal/scenario"
	"halab/templates"
)

// ServerHeader is the response header in which an nginx of the lab names
// itself, backend/server. nginx and not HAProxy sends it: so it is there in
// mode tcp as well, and tells of who answered even where HAProxy knows that one
// by another name.
const ServerHeader = "X-Halab-Server"

// PageType is the Content-Type of every page of the lab, of its downloads and
// of the uploads that are sent back.
const PageType = "text/plain"

type nginxData struct {
	Version, Server, User, Dir, File, Listen string

	NameHeader, PageType string

	Daemon bool

	// Browser says that a browser gets a page of its own: in a lab that stays,
	// where the scenario says nothing of the server's content.
	Browser     bool
	BrowserPath string

	DownloadPath, UploadPath  string
	WebSocketPath, EventsPath string
	Streams                   string
	// DownloadRate is in bytes a second, UploadSize in bytes; 0 without the
	// lane.
	DownloadRate, UploadSize int64
}

// Nginx renders the nginx.conf of one server, as Render does for all of them.
func Nginx(s *scenario.Scenario, ref haproxy.ServerRef, t Target) ([]byte, error) {
	tmpl, err := nginxTemplate()
	if err != nil {
		return nil, err
	}
	return nginxConf(tmpl, s, ref, t)
}

func nginxTemplate() (*template.Template, error) {
	return template.New("nginx.conf").Parse(templates.Nginx)
}

func nginxConf(tmpl *template.Template, s *scenario.Scenario, ref haproxy.ServerRef, t Target) ([]byte, error) {
	srv := s.Server(ref)
	data := nginxData{
		NameHeader: ServerHeader, PageType: PageType,
		Browser: t.stays() && srv.Content == "", BrowserPath: BrowserPath,
		Version: srv.Nginx, Server: ref.String(), User: t.User, Dir: t.Dir,
		File: FileName(ref), Listen: srv.Address, Daemon: slices.Contains(t.Daemons, ref),
		DownloadPath: DownloadPath, UploadPath: UploadPath,
		WebSocketPath: WebSocketPath, EventsPath: EventsPath,
	}
	if d := s.Traffic.Download; d != nil {
		data.DownloadRate = d.Rate()
	}
	if u := s.Traffic.Upload; u != nil {
		data.UploadSize = u.Bytes()
	}
	if s.Traffic.Stream != nil {
		data.Streams = t.Streams
	}
	if v := t.Versions[ref]; v != "" {
		data.Version = v
	}
	if p, ok := t.Servers[ref]; ok {
		data.Listen = p.Listen
	}
	if data.Dir == "" {
		data.Dir = "/tmp"
	}
	var out bytes.Buffer
	if err := tmpl.Execute(&out, data); err != nil {
		return nil, fmt.Errorf("render nginx.conf of %s: %w", ref, err)
	}
	return out.Bytes(), nil
}
