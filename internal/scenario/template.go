package scenario

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// ServerTemplate stands for several servers that differ in name and port
// alone, as server-template does in haproxy.cfg. There every server gets the
// same address and a resolver tells them apart; here the ports ascend.
//
// Parse makes servers of it. Nothing after Parse knows templates.
type ServerTemplate struct {
	Template string `yaml:"template" required:"true" format:"name" doc:"What the names of the servers begin with; a number from 1 on follows: nginx1, nginx2, …"`
	Count    int    `yaml:"count" required:"true" min:"1" max:"1000" doc:"How many servers."`
	Address  string `yaml:"address" required:"true" format:"address" doc:"Address and port of the first server; each has the port after that of the one before."`
	ServerParams
}

// maxServers is how many servers a scenario may have in all.
const maxServers = 1000

const maxPort = 65535

// server is the server of this number, from 1.
func (t *ServerTemplate) server(number int) Server {
	host, port := t.hostPort()
	return Server{
		Name:         t.Template + strconv.Itoa(number),
		Address:      host + ":" + strconv.Itoa(port+number-1),
		ServerParams: t.ServerParams,
	}
}

func (t *ServerTemplate) hostPort() (host string, port int) {
	colon := strings.LastIndexByte(t.Address, ':')
	port, _ = strconv.Atoi(t.Address[colon+1:]) // the address was checked
	return t.Address[:colon], port
}

// templated are the servers that the template stands for; one without a name, which
// leaves open what there is, where it is wrong.
func (d *decoder) templated(t *ServerTemplate) []Server {
	if !d.bad[t] {
		d.template(t)
	}
	if d.bad[t] {
		return make([]Server, 1)
	}
	out := make([]Server, t.Count)
	for i := range out {
		out[i] = t.server(i + 1)
	}
	return out
}

// template checks what the servers of a template come to.
func (d *decoder) template(t *ServerTemplate) {
	before := len(d.errs)
	_, port := t.hostPort()
	last := t.server(t.Count)
	if d.servers+t.Count > maxServers {
		d.at(d.nodes[&t.Count], fmt.Sprintf("%d servers in all", d.servers+t.Count), fmt.Sprintf("at most %d", maxServers), "")
	}
	if msg, _ := checkName(last.Name); msg != "" {
		d.at(d.nodes[&t.Template], fmt.Sprintf("the name of the last server, %s, %s", last.Name, msg), formatNamed("name").want, "")
	}
	if end := port + t.Count - 1; end > maxPort {
		d.at(d.nodes[&t.Address], fmt.Sprintf("%d servers from port %d on: the last would have port %d", t.Count, port, end),
			fmt.Sprintf("a first port of at most %d", maxPort-t.Count+1), "")
	}
	d.bad[t] = len(d.errs) > before
}

// serverList decodes servers and templates, in a list or one alone.
func (d *decoder) serverList(s spot, servers *[]Server) {
	d.notEmpty(s)
	var written []any // what each server was written as
	for i, item := range serverItems(s.node) {
		if d.full() {
			return
		}
		at := s.item(item, i, len(*servers))
		if item == s.node {
			at.key, at.rules = s.key, s.rules
		}
		as, more := d.serverItem(at)
		d.servers += len(more)
		*servers = append(*servers, more...)
		written = append(written, slices.Repeat([]any{as}, len(more))...)
	}
	for i, as := range written {
		if d.bad[as] && (*servers)[i].Name == "" {
			continue // nothing further is said about it
		}
		d.inherit(&(*servers)[i], as, map[string]string{"name": "template"})
		d.paths[fmt.Sprintf("%s[%d]", s.path, i)] = d.nodes[as]
	}
}

func serverItems(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.MappingNode && len(n.Content) > 0 {
		return []*yaml.Node{n}
	}
	return n.Content
}

// serverItem decodes a server or a template: what it was written as, and the
// servers that it stands for. A count makes a template of it too, so that
// what is missing is said.
func (d *decoder) serverItem(s spot) (written any, servers []Server) {
	if s.node.Kind == yaml.MappingNode && (child(s.node, "template") != nil || child(s.node, "count") != nil) {
		t := &ServerTemplate{}
		d.value(s, reflect.ValueOf(t).Elem())
		return t, d.templated(t)
	}
	srv := &Server{}
	d.value(s, reflect.ValueOf(srv).Elem())
	return srv, []Server{*srv}
}
