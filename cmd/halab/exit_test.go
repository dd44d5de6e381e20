package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"halab/internal/haproxy/adminsock"
	"halab/internal/lab"
	"halab/internal/lab/container"
	"halab/internal/lab/ports"
	"halab/internal/matrix"
	"halab/internal/rehearse"
	"halab/internal/scenario"
	"halab/internal/software"
	"halab/internal/verify"
)

func TestExitCode(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want int
	}{
		{"none", nil, 0},
		{"a verdict", told(codeInconclusive), 4},
		{"usage", usagef("x"), 2},
		{"scenario", fmt.Errorf("x: %w", scenario.Errors{{Msg: "x"}}), 2},
		{"lab unknown", fmt.Errorf("%w: x", lab.ErrUnknown), 2},
		{"lab name taken", &rehearse.LabError{Err: fmt.Errorf("%w: x", lab.ErrTaken)}, 2},
		{"server unknown", &adminsock.CommandError{Answer: "No such server."}, 2},
		{"level too low", &adminsock.CommandError{Answer: "Permission denied."}, 3},
		{"no answer", adminsock.ErrNoAnswer, 3},
		{"no engine", &container.EngineError{}, 3},
		{"no such version", &software.UnavailableError{}, 3},
		{"no mmdebstrap", &software.ToolError{}, 3},
		{"port taken", &rehearse.LabError{Err: &ports.Error{Err: syscall.EADDRINUSE}}, 3},
		{"HAProxy refused", &rehearse.LabError{Err: &lab.DiedError{}}, 3},
		{"interrupted", &rehearse.LabError{Err: context.Canceled}, 3},
		{"disk full", syscall.ENOSPC, 3},
		{"anything else", errors.New("x"), 3},
	} {
		if got := exitCode(tt.err); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestVerdictCode(t *testing.T) {
	for _, tt := range []struct {
		result   verify.Result
		asWanted bool
		want     int
	}{
		{verify.Pass, true, 0},
		{verify.Pass, false, 1},
		{verify.Fail, true, 0},
		{verify.Fail, false, 1},
		{verify.Inconclusive, true, 0},
		{verify.Inconclusive, false, 4},
	} {
		v := &verify.Verdict{Result: tt.result, AsWanted: tt.asWanted}
		if got := verdictCode(v); got != tt.want {
			t.Errorf("%s, as wanted %t: %d, want %d", tt.result, tt.asWanted, got, tt.want)
		}
	}
}

func TestGravest(t *testing.T) {
	for _, tt := range []struct {
		codes []int
		want  int
	}{
		{nil, 0},
		{[]int{0, 0}, 0},
		{[]int{0, 4}, 4},
		{[]int{4, 3, 0}, 3},
		{[]int{3, 1, 4}, 1},
		{[]int{3, 2}, 2},
	} {
		if got := gravest(tt.codes...); got != tt.want {
			t.Errorf("%v: %d, want %d", tt.codes, got, tt.want)
		}
	}
}

// TestMatrixCode: a result of a matrix weighs what its cells do in gravest.
func TestMatrixCode(t *testing.T) {
	for _, tt := range []struct {
		result matrix.Result
		want   int
	}{
		{matrix.ResultPass, 0}, {matrix.ResultFail, 1}, {matrix.ResultIncomplete, 3}, {matrix.ResultInconclusive, 4},
	} {
		if got := matrixCode(tt.result); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.result, got, tt.want)
		}
	}
	order := matrix.Results() // the gravest first
	for i := 1; i < len(order); i++ {
		a, b := matrixCode(order[i-1].(matrix.Result)), matrixCode(order[i].(matrix.Result))
		if gravest(a, b) != a {
			t.Errorf("%s and %s: a matrix and gravest disagree", order[i-1], order[i])
		}
	}
}

// TestOutcome: what goes wrong after a verdict is told, and outweighs no FAIL.
func TestOutcome(t *testing.T) {
	full := errors.New("write the report: no space left on device")
	for _, tt := range []struct {
		code int
		err  error
		want int
	}{
		{codePass, nil, codePass},
		{codeFail, nil, codeFail},
		{codePass, full, codeLab},
		{codeFail, full, codeFail},
		{codeInconclusive, full, codeLab},
	} {
		var said bytes.Buffer
		ui := newConsole(&said)
		a := &app{ui: ui, stdout: &output{Writer: &bytes.Buffer{}, ui: ui}}
		if got := exitCode(a.outcome(tt.code, tt.err)); got != tt.want {
			t.Errorf("%d and %v: exit code %d, want %d", tt.code, tt.err, got, tt.want)
		}
		if told := strings.Contains(said.String(), "no space left"); told != (tt.err != nil) {
			t.Errorf("%d and %v: said %q", tt.code, tt.err, said.String())
		}
	}
}
