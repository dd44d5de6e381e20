package report

import (
	"strings"

	"halab/internal/verify"
)

// labChanges is one line on what the lab does otherwise than production does;
// "" where nothing is known of that.
func labChanges(v *verify.Verdict) string {
	if len(v.LabChanges) == 0 {
		return ""
	}
	return "Unlike production, in this lab (README, What the lab changes): " + strings.Join(v.LabChanges, "; ")
}
