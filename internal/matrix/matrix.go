package matrix

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"halab/internal/history"
	"halab/internal/scenario"
)

// Matrix is what is known of a matrix: all of it, one shard of it, or as much
// as was done when it was looked at.
type Matrix struct {
	Result   Result `json:"result"`
	Scenario string `json:"scenario"`
	File     string `json:"file"`
	Teaches  string `json:"teaches,omitempty"`
	// Source is the SHA-256 of the scenario's text: shards of one matrix have
	// the same.
	Source      string         `json:"source_sha256"`
	Halab       string         `json:"halab"`
	Started     string         `json:"started"`   // RFC 3339
	Length      history.Micros `json:"length_us"` // from the first lab to the last report; of shards the longest
	Parallel    int            `json:"parallel"`  // cells under traffic at once, at most; 0 for merged shards
	Shard       Shard          `json:"shard"`     // 0/0 for all of it
	Axes        []Axis         `json:"axes"`
	Totals      Totals         `json:"totals"`
	Differences []Difference   `json:"differences"` // the gravest first
	Cells       []Cell         `json:"cells"`       // in the order of the product
}

// Totals count the cells.
type Totals struct {
	Cells        int            `json:"cells"`
	AsExpected   int            `json:"as_expected"`
	Pass         int            `json:"pass"`
	Fail         int            `json:"fail"`
	Inconclusive int            `json:"inconclusive"`
	NotJudged    int            `json:"not_judged"` // unavailable, not run, or ended in an error
	Traffic      history.Micros `json:"traffic_us"` // the traffic time of all
}

// Digest is the SHA-256 of a scenario's text.
func Digest(s *scenario.Scenario) string {
	sum := sha256.Sum256(s.Source)
	return hex.EncodeToString(sum[:])
}

// New is a matrix of which the cells of this shard are still to be run.
func (p *Plan) New(shard Shard) *Matrix {
	m := &Matrix{Scenario: p.Scenario.Name, File: p.Scenario.File, Teaches: p.Scenario.Teaches,
		Source: Digest(p.Scenario), Shard: shard, Axes: p.Axes}
	for i, place := range p.Places {
		if shard.Has(i) {
			m.Cells = append(m.Cells, m.notRun(place, "it was not run"))
		}
	}
	m.Conclude()
	return m
}

// Conclude counts the cells, and says what came of them and how they differ.
func (m *Matrix) Conclude() {
	m.Totals = Totals{Cells: len(m.Cells)}
	for i := range m.Cells {
		m.Totals.add(&m.Cells[i])
	}
	m.Result = result(m.Cells)
	m.Differences = differences(m.Axes, m.Cells)
}

func (t *Totals) add(c *Cell) {
	if c.AsExpected {
		t.AsExpected++
	}
	switch c.Outcome {
	case Pass:
		t.Pass++
	case Fail:
		t.Fail++
	case Inconclusive:
		t.Inconclusive++
	default:
		t.NotJudged++
	}
	t.Traffic += c.Length
}

// Cell is the cell of this id, nil where the matrix has none.
func (m *Matrix) Cell(id string) *Cell {
	i := slices.IndexFunc(m.Cells, func(c Cell) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return &m.Cells[i]
}
