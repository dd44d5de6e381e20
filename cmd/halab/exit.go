package main

import (
	"context"
	"errors"
	"fmt"

	"halab/internal/haproxy/adminsock"
	"halab/internal/lab"
	"halab/internal/matrix"
	"halab/internal/scenario"
	"halab/internal/verify"
)

// The exit codes.
const (
	codePass         = 0
	codeFail         = 1
	codeUsage        = 2
	codeLab          = 3
	codeInconclusive = 4
)

// usageError is a mistake on the command line or in what it names: nothing
// was started.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// toldError is an error that people have been told of already, or that is
// itself the result, such as a verdict: it only carries its code.
type toldError struct{ code int }

func (e *toldError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// told makes an exit code an error; 0 is none.
func told(code int) error {
	if code == codePass {
		return nil
	}
	return &toldError{code}
}

// verdictCode is the exit code of a verdict. Where the scenario says which
// verdict it must have, that one is a success and any other is none, an
// unexpected PASS neither.
func verdictCode(v *verify.Verdict) int {
	switch {
	case v.AsWanted:
		return codePass
	case v.Result == verify.Inconclusive:
		return codeInconclusive
	}
	return codeFail
}

// matrixCode is the exit code of a matrix. Its result is the gravest of its
// cells' by the rule of gravest: a cell with another verdict than it must have
// (1) outweighs one that could not be run (3), and that one a cell that proves
// nothing (4).
func matrixCode(r matrix.Result) int {
	switch r {
	case matrix.ResultPass:
		return codePass
	case matrix.ResultIncomplete:
		return codeLab
	case matrix.ResultInconclusive:
		return codeInconclusive
	}
	return codeFail
}

// gravest is the exit code of several runs, and the order in which a matrix
// takes its cells. A lost request stays lost whatever else went wrong, so FAIL
// outweighs a lab that could not be run, and that one a run that proves
// nothing: whoever runs the scenarios again because of a 3 never does so over
// a FAIL.
func gravest(codes ...int) int {
	for _, grave := range []int{codeFail, codeUsage, codeLab, codeInconclusive} {
		for _, c := range codes {
			if c == grave {
				return grave
			}
		}
	}
	return codePass
}

// exitCode maps every error to an exit code; it is the one place. What is
// none of the known ones came of trying to do something.
func exitCode(err error) int {
	var told *toldError
	var usage *usageError
	var mistakes scenario.Errors
	switch {
	case err == nil:
		return codePass
	case errors.As(err, &told):
		return told.code
	case errors.As(err, &usage), errors.As(err, &mistakes):
		return codeUsage
	case errors.Is(err, lab.ErrUnknown), errors.Is(err, lab.ErrTaken), errors.Is(err, adminsock.ErrUnknownServer):
		return codeUsage
	}
	return codeLab
}

// outcome is the end of something with this exit code after which err went
// wrong, such as the writing of a report: err is told, and the code is the
// gravest of both, so that a FAIL stays one.
func (a *app) outcome(code int, err error) error {
	a.loudly(err)
	return told(gravest(code, exitCode(err)))
}

// tell writes an error for people. Scenario mistakes are shown with their
// lines.
func (a *app) tell(err error) {
	var told *toldError
	var mistakes scenario.Errors
	switch {
	case err == nil, errors.As(err, &told):
	case errors.As(err, &mistakes):
		a.ui.text(mistakes.Pretty())
	case errors.Is(err, context.Canceled):
		a.say("halab: interrupted")
	default:
		a.say("%s", printable("halab: "+err.Error()))
	}
}
