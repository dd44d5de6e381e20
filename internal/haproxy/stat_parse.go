package haproxy

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// statColumn is one column of show stat and the field that it fills: a text
// or a number.
type statColumn struct {
	name   string
	text   func(*Stat) *string
	number func(*Stat) *int64
}

// statColumns are the columns that ParseStat reads, by name.
var statColumns = []statColumn{
	{name: "act", number: func(s *Stat) *int64 { return &s.Act }},
	{name: "addr", text: func(s *Stat) *string { return &s.Addr }},
	{name: "algo", text: func(s *Stat) *string { return &s.Algo }},
	{name: "bck", number: func(s *Stat) *int64 { return &s.Bck }},
	{name: "bin", number: func(s *Stat) *int64 { return &s.BytesIn }},
	{name: "bout", number: func(s *Stat) *int64 { return &s.BytesOut }},
	{name: "check_code", number: func(s *Stat) *int64 { return &s.CheckCode }},
	{name: "check_duration", number: func(s *Stat) *int64 { return &s.CheckDuration }},
	{name: "check_status", text: func(s *Stat) *string { return &s.CheckStatus }},
	{name: "chkdown", number: func(s *Stat) *int64 { return &s.Chkdown }},
	{name: "chkfail", number: func(s *Stat) *int64 { return &s.Chkfail }},
	{name: "cli_abrt", number: func(s *Stat) *int64 { return &s.CliAbrt }},
	{name: "conn_tot", number: func(s *Stat) *int64 { return &s.ConnTot }},
	{name: "downtime", number: func(s *Stat) *int64 { return &s.Downtime }},
	{name: "dreq", number: func(s *Stat) *int64 { return &s.Dreq }},
	{name: "dresp", number: func(s *Stat) *int64 { return &s.Dresp }},
	{name: "econ", number: func(s *Stat) *int64 { return &s.Econ }},
	{name: "ereq", number: func(s *Stat) *int64 { return &s.Ereq }},
	{name: "eresp", number: func(s *Stat) *int64 { return &s.Eresp }},
	{name: "hrsp_1xx", number: func(s *Stat) *int64 { return &s.Hrsp1xx }},
	{name: "hrsp_2xx", number: func(s *Stat) *int64 { return &s.Hrsp2xx }},
	{name: "hrsp_3xx", number: func(s *Stat) *int64 { return &s.Hrsp3xx }},
	{name: "hrsp_4xx", number: func(s *Stat) *int64 { return &s.Hrsp4xx }},
	{name: "hrsp_5xx", number: func(s *Stat) *int64 { return &s.Hrsp5xx }},
	{name: "hrsp_other", number: func(s *Stat) *int64 { return &s.HrspOther }},
	{name: "last_chk", text: func(s *Stat) *string { return &s.LastChk }},
	{name: "lastchg", number: func(s *Stat) *int64 { return &s.Lastchg }},
	{name: "lbtot", number: func(s *Stat) *int64 { return &s.Lbtot }},
	{name: "mode", text: func(s *Stat) *string { return &s.Mode }},
	{name: "pxname", text: func(s *Stat) *string { return &s.Proxy }},
	{name: "qcur", number: func(s *Stat) *int64 { return &s.Qcur }},
	{name: "qmax", number: func(s *Stat) *int64 { return &s.Qmax }},
	{name: "req_tot", number: func(s *Stat) *int64 { return &s.ReqTot }},
	{name: "scur", number: func(s *Stat) *int64 { return &s.Scur }},
	{name: "smax", number: func(s *Stat) *int64 { return &s.Smax }},
	{name: "srv_abrt", number: func(s *Stat) *int64 { return &s.SrvAbrt }},
	{name: "status", text: func(s *Stat) *string { return (*string)(&s.Status) }},
	{name: "stot", number: func(s *Stat) *int64 { return &s.Stot }},
	{name: "svname", text: func(s *Stat) *string { return &s.Server }},
	{name: "weight", number: func(s *Stat) *int64 { return &s.Weight }},
	{name: "wredis", number: func(s *Stat) *int64 { return &s.Wredis }},
	{name: "wretr", number: func(s *Stat) *int64 { return &s.Wretr }},
}

// ParseStat reads the answer of show stat. Columns are found by the names in
// the first line, because every version has others: one that is missing leaves
// its field zero, one that is unknown is skipped. Lines without a proxy, a
// server or a type are an error, and so is a number that is none.
func ParseStat(r io.Reader) ([]Stat, error) {
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = -1
	header, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("parse show stat: empty")
	}
	if err != nil {
		return nil, fmt.Errorf("parse show stat: %w", err)
	}
	columns, err := statHeader(header)
	if err != nil {
		return nil, fmt.Errorf("parse show stat: %w", err)
	}
	var stats []Stat
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return stats, nil
		}
		if err != nil {
			return nil, fmt.Errorf("parse show stat: %w", err)
		}
		s, err := statRow(columns, row)
		if err != nil {
			line, _ := rows.FieldPos(0)
			return nil, fmt.Errorf("parse show stat: line %d: %w", line, err)
		}
		stats = append(stats, s)
	}
}

// typeColumn stands apart from statColumns because StatType is no counter.
const typeColumn = "type"

// statHeader maps the column names of the first line to their positions.
func statHeader(header []string) (map[string]int, error) {
	name, ok := strings.CutPrefix(header[0], "# ")
	if !ok {
		return nil, fmt.Errorf("no header line, but %.40q", header[0])
	}
	columns := map[string]int{name: 0}
	for i, name := range header[1:] {
		if _, twice := columns[name]; !twice {
			columns[name] = i + 1
		}
	}
	for _, name := range []string{"pxname", "svname", typeColumn} {
		if _, ok := columns[name]; !ok {
			return nil, fmt.Errorf("no column %s", name)
		}
	}
	return columns, nil
}

// statRow reads one line.
func statRow(columns map[string]int, row []string) (Stat, error) {
	var s Stat
	for _, c := range statColumns {
		i, ok := columns[c.name]
		if !ok || i >= len(row) {
			continue
		}
		if c.text != nil {
			*c.text(&s) = row[i]
			continue
		}
		n, err := statNumber(row[i])
		if err != nil {
			return Stat{}, fmt.Errorf("column %s: %w", c.name, err)
		}
		*c.number(&s) = n
	}
	i := columns[typeColumn]
	if s.Proxy == "" || s.Server == "" || i >= len(row) {
		return Stat{}, errors.New("no proxy, server or type: the line is cut")
	}
	t, err := strconv.ParseUint(row[i], 10, 8)
	if err != nil {
		return Stat{}, fmt.Errorf("column %s: %w", typeColumn, err)
	}
	s.Type = StatType(t)
	return s, nil
}

// statNumber reads a number; HAProxy leaves what does not apply empty.
func statNumber(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	return strconv.ParseInt(text, 10, 64)
}
