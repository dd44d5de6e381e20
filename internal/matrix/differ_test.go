package matrix

import (
	"strings"
	"testing"

	"halab/internal/verify"
)

// filled is a matrix of these axes whose cells are what fill makes of them.
func filled(axes []Axis, fill func(c *Cell)) *Matrix {
	m := &Matrix{Axes: axes}
	for _, p := range Product(axes) {
		c := m.notRun(p, "it was not run")
		c.Outcome, c.AsExpected, c.Problem, c.Sent = Pass, true, "", 1000
		fill(&c)
		m.Cells = append(m.Cells, c)
	}
	m.Conclude()
	return m
}

func (c *Cell) lose(step int, text string, n int64) {
	c.Outcome, c.AsExpected = Fail, false
	c.Lost += n
	c.Losses = append(c.Losses, Loss{step, text, n})
}

func TestDifferences(t *testing.T) {
	four := Axis{HAProxyAxis, []string{"2.2", "2.6", "3.0", "3.2"}}
	to := Axis{ToAxis, []string{"1.22.1", "1.26.3"}}
	for name, c := range map[string]struct {
		axes []Axis
		fill func(*Cell)
		want []string
	}{
		"nothing": {[]Axis{four, to}, func(*Cell) {}, nil},
		"one version": {[]Axis{four}, func(c *Cell) {
			if c.Values["haproxy"] == "2.2" {
				c.lose(1, "reload: {}", 41)
			}
		}, []string{"HAProxy 2.2 loses 41 requests after step 1 reload; 2.6, 3.0 and 3.2 none"}},
		"one axis of two, with a range": {[]Axis{four, to}, func(c *Cell) {
			if c.Values["haproxy"] == "2.2" {
				c.lose(1, "reload: {}", map[string]int64{"1.22.1": 12, "1.26.3": 41}[c.Values["to"]])
			}
		}, []string{"HAProxy 2.2 loses 12 to 41 requests after step 1 reload; 2.6, 3.0 and 3.2 none"}},
		"two together": {[]Axis{four, to}, func(c *Cell) {
			if c.Values["haproxy"] == "2.2" && c.Values["to"] == "1.26.3" {
				c.lose(2, "stop: b", 1)
			}
		}, []string{"HAProxy 2.2 to nginx 1.26.3 loses 1 request after step 2 stop: b; the 7 others none"}},
		"several, in no order": {[]Axis{four, to}, func(c *Cell) {
			if (c.Values["haproxy"] < "3.0") == (c.Values["to"] == "1.26.3") {
				c.lose(2, "stop: b", 1)
			}
		}, []string{"HAProxy 2.2 to nginx 1.26.3, HAProxy 2.6 to nginx 1.26.3 and 2 more lose 1 request after step 2 stop: b; the 4 others none"}},
		"all": {[]Axis{four}, func(c *Cell) { c.lose(2, "stop: b", 5) },
			[]string{"every cell loses 5 requests after step 2 stop: b"}},
		"all that were run": {[]Axis{to}, func(c *Cell) {
			if c.Values["to"] == "1.26.3" {
				c.Outcome, c.AsExpected = NotRun, false
				return
			}
			c.lose(2, "stop: b", 5)
		}, []string{"every cell of which it is known loses 5 requests after step 2 stop: b"}},
		"different amounts": {[]Axis{four}, func(c *Cell) {
			switch c.Values["haproxy"] {
			case "2.2":
				c.lose(1, "reload: {}", 41)
			case "2.6", "3.0":
				c.lose(1, "reload: {}", 2)
			}
		}, []string{"HAProxy 2.2 loses 41 requests after step 1 reload, 2.6 and 3.0 2; 3.2 none"}},
		"what proves nothing is no none": {[]Axis{four}, func(c *Cell) {
			switch c.Values["haproxy"] {
			case "2.2":
				c.lose(1, "reload: {}", 41)
			case "2.6":
				c.Outcome, c.AsExpected = Inconclusive, false
			}
		}, []string{
			"HAProxy 2.2 loses 41 requests after step 1 reload; 3.0 and 3.2 none; of 2.6 it is not known",
			"HAProxy 2.6 proves nothing; 2.2, 3.0 and 3.2 prove something",
		}},
		"not to be had": {[]Axis{four, to}, func(c *Cell) {
			if c.Values["to"] == "1.26.3" {
				c.Outcome, c.AsExpected = Unavailable, false
			}
		}, []string{"to nginx 1.26.3 cannot be had; 1.22.1 can"}},
		"a rule": {[]Axis{{"traffic.new.rate", []string{"50", "200"}}}, func(c *Cell) {
			if c.Values["traffic.new.rate"] == "200" {
				c.Outcome, c.AsExpected = Fail, false
				c.Broken = []Broken{{Rule: "health", Result: verify.Fail, Count: 2}}
			}
		}, []string{`traffic.new.rate=200 breaks the rule "health"; 50 keeps it`}},
		"steps with other words": {[]Axis{to}, func(c *Cell) {
			c.lose(3, "replace: {server: bk/b, nginx: "+c.Values["to"]+"}", 2)
		}, []string{"every cell loses 2 requests after step 3 replace"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, d := range filled(c.axes, c.fill).Differences {
				got = append(got, d.Text)
			}
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// TestMerge: shards make the whole again, whatever their order.
func TestMerge(t *testing.T) {
	axes := []Axis{{HAProxyAxis, []string{"2.2", "2.6", "3.0"}}, {ToAxis, []string{"1.22.1", "1.26.3"}}}
	whole := filled(axes, func(c *Cell) {
		if c.Values["haproxy"] == "2.2" {
			c.lose(1, "reload: {}", 3)
		}
	})
	part := func(i, n int) Part {
		m := *whole
		m.Cells = nil
		for j, c := range whole.Cells {
			if (Shard{i, n}).Has(j) {
				m.Cells = append(m.Cells, c)
			}
		}
		return Part{Name: string(rune('a' + i)), Matrix: &m}
	}
	m, from, err := Merge([]Part{part(3, 3), part(1, 3), part(2, 3)})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Cells) != 6 || m.Result != ResultFail || m.Differences[0].Text != whole.Differences[0].Text || from[m.Cells[2].ID].Name != "d" {
		t.Errorf("merged %+v", m)
	}
	m, _, err = Merge([]Part{part(1, 3), part(2, 3)})
	if err != nil || m.Totals.NotJudged != 2 || m.Cells[2].Outcome != NotRun {
		t.Errorf("without a shard: %+v, %v", m, err)
	}
	// A cell that was run twice: what was lost stays lost, whichever comes first.
	again := part(1, 3)
	again.Matrix.Cells = append([]Cell(nil), again.Matrix.Cells...)
	again.Matrix.Cells[0].Outcome, again.Matrix.Cells[0].AsExpected, again.Matrix.Cells[0].Lost = Pass, true, 0
	for _, parts := range [][]Part{{again, part(1, 3)}, {part(1, 3), again}} {
		if m, _, err := Merge(parts); err != nil || m.Cells[0].Outcome != Fail {
			t.Errorf("a cell run twice is %s, %v", m.Cells[0].Outcome, err)
		}
	}
}

func TestMergeRefuses(t *testing.T) {
	axes := []Axis{{HAProxyAxis, []string{"2.2"}}}
	a := filled(axes, func(*Cell) {})
	source, other, stranger, none := *a, *a, *a, *a
	source.Source = "x"
	other.Axes = []Axis{{HAProxyAxis, []string{"2.6"}}}
	stranger.Cells = []Cell{{ID: "../../etc", Outcome: Pass}}
	none.Axes = nil
	for want, parts := range map[string][]Part{
		"nothing to merge":                       nil,
		"a and b are of different scenarios":     {{"a", a}, {"b", &source}},
		"with different axes":                    {{"a", a}, {"b", &other}},
		`a has a cell "../../etc" that its axes`: {{"a", &stranger}},
		"a: there is no axis":                    {{"a", &none}},
	} {
		if _, _, err := Merge(parts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
