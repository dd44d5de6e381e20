// Package templates owns the text that halab fills in. It never fills it in
// itself: render and report do.
package templates

import "embed"

// Browser is the page that a browser shows of a server in a lab that stays.
// nginx fills in the variables halab_server and nginx_version (SSI).
//
//go:embed browser.html
var Browser []byte

// Matrix holds the HTML report of a matrix: its template, and what its style
// has beside that of Report.
//
//go:embed matrix
var Matrix embed.FS

// Nginx is the text/template of one server's nginx.conf; its data is
// render's nginxData.
//
//go:embed nginx.conf.tmpl
var Nginx string

// Report holds the HTML report: report/*.html.tmpl are html/templates whose
// data is report's page, and report/*.css and report/*.js stand in the page
// as they are.
//
//go:embed report
var Report embed.FS

// Several holds the page of several runs, which has the report's style.
//
//go:embed several
var Several embed.FS
