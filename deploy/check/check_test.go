// Package check holds what deploy/ ships to the schemas of those who read it:
// the manifest to Kubernetes' own types, the workflow to actionlint. It is a
// module of its own, so that halab depends on neither.
package check

import (
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// job decodes a manifest strictly: a field that batch/v1 does not have, has
// elsewhere, or has of another type is an error, and so is a key that stands
// there twice.
func job(manifest []byte) (*batchv1.Job, error) {
	var j batchv1.Job
	return &j, yaml.UnmarshalStrict(manifest, &j)
}

func manifest(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("../kubernetes-job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestManifest(t *testing.T) {
	j, err := job(manifest(t))
	if err != nil {
		t.Fatal(err)
	}
	if j.APIVersion != batchv1.SchemeGroupVersion.String() || j.Kind != "Job" {
		t.Errorf("it is a %s %s", j.APIVersion, j.Kind)
	}
	// What the types alone do not say, and the API server refuses.
	s := j.Spec
	if s.CompletionMode == nil || *s.CompletionMode != batchv1.IndexedCompletion {
		t.Error("completionMode is not Indexed: there is no JOB_COMPLETION_INDEX")
	}
	if got := s.Template.Spec.RestartPolicy; got != corev1.RestartPolicyNever {
		t.Errorf("restartPolicy %q: a podFailurePolicy wants Never", got)
	}
	if s.BackoffLimitPerIndex == nil {
		t.Error("FailIndex wants backoffLimitPerIndex")
	}
	containers := map[string]bool{}
	for _, c := range s.Template.Spec.Containers {
		containers[c.Name] = true
	}
	for _, r := range s.PodFailurePolicy.Rules {
		switch r.Action {
		case batchv1.PodFailurePolicyActionFailIndex, batchv1.PodFailurePolicyActionIgnore:
		default:
			t.Errorf("unknown action %q", r.Action)
		}
		if r.OnExitCodes != nil && !containers[*r.OnExitCodes.ContainerName] {
			t.Errorf("a rule is about container %q, which is not there", *r.OnExitCodes.ContainerName)
		}
	}
}

// TestManifestShards: the number of shards stands in three places, and every
// volume that is mounted exists.
func TestManifestShards(t *testing.T) {
	j, err := job(manifest(t))
	if err != nil {
		t.Fatal(err)
	}
	pod := j.Spec.Template.Spec
	volumes := map[string]bool{}
	for _, v := range pod.Volumes {
		volumes[v.Name] = true
	}
	shards := ""
	for _, e := range pod.Containers[0].Env {
		if e.Name == "HALAB_SHARDS" {
			shards = e.Value
		}
	}
	want := strconv.Itoa(int(*j.Spec.Completions))
	if shards != want || *j.Spec.Parallelism != *j.Spec.Completions {
		t.Errorf("HALAB_SHARDS %q, completions %s, parallelism %d: want the same", shards, want, *j.Spec.Parallelism)
	}
	for _, m := range pod.Containers[0].VolumeMounts {
		if !volumes[m.Name] {
			t.Errorf("volume %q is mounted and does not exist", m.Name)
		}
	}
}

// TestManifestCanFail: the check sees what is wrong.
func TestManifestCanFail(t *testing.T) {
	for name, edit := range map[string][2]string{
		"an unknown field":    {"completionMode:", "completionsMode:"},
		"a field elsewhere":   {"restartPolicy: Never", "completions: 4"},
		"another type":        {"completions: 4", "completions: four"},
		"a key that is twice": {"parallelism: 4", "completions: 4"},
	} {
		text := string(manifest(t))
		broken := strings.Replace(text, edit[0], edit[1], 1)
		if broken == text {
			t.Errorf("%s: %q is not in the manifest", name, edit[0])
		}
		if _, err := job([]byte(broken)); err == nil {
			t.Errorf("%s is not seen", name)
		}
	}
}

// lint gives what actionlint has against a workflow.
func lint(t *testing.T, text string) []*actionlint.Error {
	t.Helper()
	l, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	errs, err := l.Lint("github-actions.yml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return errs
}

func TestWorkflow(t *testing.T) {
	for _, file := range []string{"github-actions.yml", "github-run.yml"} {
		text, err := os.ReadFile("../" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range lint(t, string(text)) {
			t.Errorf("%s: %v", file, e)
		}
		if len(lint(t, strings.Replace(string(text), "runs-on:", "run-on:", 1))) == 0 {
			t.Errorf("%s: a key that no job has is not seen", file)
		}
	}
}

// TestWorkflowMatrix: the check sees a property that the matrix does not have.
func TestWorkflowMatrix(t *testing.T) {
	text, err := os.ReadFile("../github-actions.yml")
	if err != nil {
		t.Fatal(err)
	}
	if len(lint(t, strings.Replace(string(text), "matrix.shard", "matrix.shards", 1))) == 0 {
		t.Error("a property that the matrix does not have is not seen")
	}
}
