package consumers_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	v1 "github.com/OpenSLO/oslo/pkg/manifest/v1"
	"github.com/OpenSLO/oslo/pkg/validate"
	"github.com/OpenSLO/oslo/pkg/yamlutil"
	"github.com/prometheus/prometheus/promql/parser"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo/openslo"
	"cairncx.dev/cairn/internal/sample"
)

// TestOpenSLO: oslo finds no fault in the files, and its types have what the objectives say.
func TestOpenSLO(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]*blueprint.Blueprint{"shop": sample.Shop(), "hostile": sample.Hostile()} {
		text, err := openslo.Write(b.AllObjectives(), openslo.WithSource(name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), name+".yaml")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := validate.Files([]string{path}); err != nil {
			t.Errorf("%s: oslo validate: %v", name, err)
		}
		objects, err := yamlutil.Parse(text, path)
		if err != nil {
			t.Fatal(err)
		}
		found, known := map[string]v1.SLO{}, map[string]bool{}
		for _, o := range objects {
			switch o := o.(type) {
			case v1.SLO:
				found[o.Metadata.Annotations["cairncx.dev/objective"]] = o
			case v1.Service:
				known["service "+o.Metadata.Name] = true
			case v1.AlertPolicy:
				known["policy "+o.Metadata.Name] = true
			case v1.DataSource:
				known["source "+o.Metadata.Name] = true
			}
		}
		for _, o := range b.AllObjectives() {
			s, there := found[o.Name]
			if len(o.Of) > 0 {
				if there {
					t.Errorf("%s: the composite %q is written", name, o.Name)
				}
				continue
			}
			if !there || len(s.Spec.Objectives) != 1 || s.Spec.Objectives[0].Target != o.Target {
				t.Errorf("%s: the objective %q with the target %v is read as %+v", name, o.Name, o.Target, s)
				continue
			}
			if !known["service "+s.Spec.Service] {
				t.Errorf("%s: %q names the service %s, which is not in the file", name, o.Name, s.Spec.Service)
			}
			if len(s.Spec.AlertPolicies) == 0 {
				t.Errorf("%s: %q has no alert policy", name, o.Name)
			}
			for _, p := range s.Spec.AlertPolicies {
				if !known["policy "+p] {
					t.Errorf("%s: %q names the alert policy %s, which is not in the file", name, o.Name, p)
				}
			}
			for _, m := range []v1.MetricSource{s.Spec.Indicator.Spec.RatioMetric.Good.MetricSource, s.Spec.Indicator.Spec.RatioMetric.Total.MetricSource} {
				if _, err := parser.NewParser(parser.Options{}).ParseExpr(m.MetricSourceSpec["query"]); err != nil || !known["source "+m.MetricSourceRef] {
					t.Errorf("%s: %q: the query %s of %s: %v", name, o.Name, m.MetricSourceSpec["query"], m.MetricSourceRef, err)
				}
			}
		}
		if list, _, err := openslo.Read(bytes.NewReader(text)); err != nil || len(list) != len(found) {
			t.Errorf("%s: %d of %d objectives are read back: %v", name, len(list), len(found), err)
		}
	}
}
