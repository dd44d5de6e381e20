package render

import (
	"strconv"

	"github.com/haproxytech/config-parser/v5/params"
	"github.com/haproxytech/config-parser/v5/types"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// server is one server line, its parameters in the order in which the
// HAProxy manual and the article write them.
func server(src *scenario.Server, ref haproxy.ServerRef, t Target) types.Server {
	line := types.Server{Name: src.Name, Address: src.Address}
	if p, ok := t.Servers[ref]; ok && p.Connect != src.Address {
		line.Address = p.Connect
		line.Comment = lab + ": " + src.Address + " in the scenario"
		if p.Relayed {
			line.Comment = lab + ": the relay to " + src.Address + " in the scenario"
		}
	}
	word := func(on bool, name string) {
		if on {
			line.Params = append(line.Params, &params.ServerOptionWord{Name: name})
		}
	}
	value := func(name, v string) {
		if v != "" {
			line.Params = append(line.Params, &params.ServerOptionValue{Name: name, Value: v})
		}
	}
	word(src.Check, "check")
	word(src.Backup, "backup")
	if src.Weight != nil {
		value("weight", strconv.Itoa(*src.Weight))
	}
	if src.Inter != 0 {
		value("inter", duration(src.Inter.D()))
	}
	value("rise", positive(src.Rise))
	value("fall", positive(src.Fall))
	value("maxconn", positive(src.MaxConn))
	value("observe", src.Observe)
	value("error-limit", positive(src.ErrorLimit))
	value("on-error", src.OnError)
	value("on-marked-down", src.OnMarkedDown)
	return line
}

func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}
