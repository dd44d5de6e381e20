package matrix

import (
	"fmt"
	"strconv"
	"strings"
)

// Shard is the part of a matrix that one machine runs. The zero value is all
// of it.
type Shard struct {
	Index int `json:"index"` // from 1
	Count int `json:"count"`
}

// maxShards bounds a count: no matrix has more cells.
const maxShards = MaxCells

// ParseShard reads i/n, with i from 1 to n.
func ParseShard(text string) (Shard, error) {
	i, n, ok := strings.Cut(text, "/")
	index, err := strconv.Atoi(i)
	count, err2 := strconv.Atoi(n)
	if !ok || err != nil || err2 != nil || count < 1 || count > maxShards || index < 1 || index > count {
		return Shard{}, fmt.Errorf("%q: want i/n, with i from 1 to n and n at most %d", text, maxShards)
	}
	return Shard{index, count}, nil
}

// IndexedShard is the shard of a Kubernetes Indexed Job, whose
// JOB_COMPLETION_INDEX counts from 0.
func IndexedShard(completionIndex, count string) (Shard, error) {
	index, err := strconv.Atoi(completionIndex)
	if err != nil {
		return Shard{}, fmt.Errorf("%q is no index", completionIndex)
	}
	return ParseShard(strconv.Itoa(index+1) + "/" + count)
}

// Has tells whether the shard runs the cell with this index in the product.
// The cells are dealt out one by one, so that shards differ by one at most.
func (s Shard) Has(index int) bool { return s.Count <= 1 || index%s.Count == s.Index-1 }

// String is i/n, "" for all.
func (s Shard) String() string {
	if s.Count == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Index, s.Count)
}
