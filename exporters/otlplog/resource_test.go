package otlplog_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/sdk/resource"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/exporters/otlplog"
)

// sentResource returns the resource that is sent.
func sentResource(t rapid.TB) map[string]string {
	caught := &catcher{}
	exporter, err := otlplog.New(otlplog.WithHTTPClient(&http.Client{Transport: caught}), otlplog.WithEndpoint("http://collector/v1/logs"))
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	if err := exporter.Export(context.Background(), typicals(1)); err != nil {
		t.Fatalf("Export: %v", err)
	}
	got := map[string]string{}
	for _, kv := range caught.got.GetResourceLogs()[0].GetResource().GetAttributes() {
		got[kv.GetKey()] = kv.GetValue().GetStringValue()
	}
	return got
}

// resourceOfSDK returns the resource that the SDK reads from the environment, with the name that its
// resource.Default gives to a service without one.
func resourceOfSDK() map[string]string {
	want := map[string]string{"service.name": "unknown_service:" + filepath.Base(os.Args[0])}
	for _, kv := range resource.Environment().Attributes() {
		want[string(kv.Key)] = strings.ToValidUTF8(kv.Value.AsString(), "\ufffd") // as protobuf asks for
	}
	return want
}

// TestResourceOfTheEnvironment: "takes bad resource attributes as the OpenTelemetry SDK does", which is the
// outside source here.
func TestResourceOfTheEnvironment(t *testing.T) {
	for _, tt := range []struct {
		name, reason, attributes, service string
		want                              map[string]string // but for service.name unknown
	}{
		{"none", "nothing is set", "", "", nil},
		{"blank", "nothing is set", " \t ", "  ", nil},
		{"pairs", "as they are", "a=1,b=2", "", map[string]string{"a": "1", "b": "2"}},
		{"spaces", "around keys and values", " a = 1 ,\tb = 2 ", "", map[string]string{"a": "1", "b": "2"}},
		{"no sign", "the pair is left out, the others stay", "a=1,s3cr3t,b=2", "", map[string]string{"a": "1", "b": "2"}},
		{"only signs missing", "nothing is left", "s3cr3t", "", nil},
		{"no key", "the pair is left out", "=s3cr3t,b=2", "", map[string]string{"b": "2"}},
		{"a blank key", "the pair is left out", "  =s3cr3t,b=2", "", map[string]string{"b": "2"}},
		{"no value", "it is empty", "a=,b=2", "", map[string]string{"a": "", "b": "2"}},
		{"two signs", "the first one parts", "a=b=c", "", map[string]string{"a": "b=c"}},
		{"encoded", "values are decoded", "a=x%20y%2Cz", "", map[string]string{"a": "x y,z"}},
		{"an encoded key", "keys are not", "a%20b=1", "", map[string]string{"a%20b": "1"}},
		{"half an encoding", "the value is taken as it is", "a=100%,b=%zz,c=%4", "", map[string]string{"a": "100%", "b": "%zz", "c": "%4"}},
		{"half an encoding, with spaces", "the value is taken as it is", "a= 100% ,b=2", "", map[string]string{"a": " 100% ", "b": "2"}},
		{"a plus", "it is no space", "a=x+y", "", map[string]string{"a": "x+y"}},
		{"commas without end", "nothing between them", ",,a=1,,", "", map[string]string{"a": "1"}},
		{"a key twice", "the last holds", "a=1,a=2", "", map[string]string{"a": "2"}},
		{"quotes", "they belong to the value", `a="1"`, "", map[string]string{"a": `"1"`}},
		{"not UTF-8", "it is repaired", "a=%ff", "", map[string]string{"a": "\ufffd"}},
		{"a service", "it has a name", "service.name=x", "", map[string]string{"service.name": "x"}},
		{"a service without a name", "it has said so", "service.name=", "", map[string]string{"service.name": ""}},
		{"OTEL_SERVICE_NAME", "it goes first", "service.name=x,a=1", " shop ", map[string]string{"service.name": "shop", "a": "1"}},
		{"OTEL_SERVICE_NAME beside rubbish", "it goes first", "s3cr3t", "sh%20op", map[string]string{"service.name": "sh%20op"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("OTEL_RESOURCE_ATTRIBUTES", tt.attributes)
			t.Setenv("OTEL_SERVICE_NAME", tt.service)
			before := reports.Text()
			got := sentResource(t)
			if told := strings.TrimPrefix(reports.Text(), before); strings.Contains(told, "s3cr3t") {
				t.Errorf("the handler was told a pair, which may be a secret: %s", told)
			}
			want := map[string]string{"service.name": "unknown_service:" + filepath.Base(os.Args[0])}
			for k, v := range tt.want {
				want[k] = v
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
			if diff := cmp.Diff(resourceOfSDK(), got); diff != "" {
				t.Errorf("not as the SDK (-SDK +got):\n%s", diff)
			}
		})
	}
	if !strings.Contains(reports.Text(), "OTEL_RESOURCE_ATTRIBUTES in the environment: 1 pairs without a key") {
		t.Error("what was left out was not told")
	}
}

// TestResourceAsTheSDK: whatever the variables hold, the resource is the SDK's.
func TestResourceAsTheSDK(t *testing.T) {
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "")
	t.Setenv("OTEL_SERVICE_NAME", "")
	part := rapid.SampledFrom([]string{"a", "b", "service.name", "=", ",", "%", "%20", "%ff", "%2", " ", "\t", "+", "\"", "ä", ";", "\\"})
	text := rapid.Map(rapid.SliceOfN(part, 0, 12), func(parts []string) string { return strings.Join(parts, "") })
	rapid.Check(t, func(t *rapid.T) {
		for _, name := range []string{"OTEL_RESOURCE_ATTRIBUTES", "OTEL_SERVICE_NAME"} {
			if err := os.Setenv(name, text.Draw(t, name)); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(resourceOfSDK(), sentResource(t)); diff != "" {
			t.Fatalf("not as the SDK (-SDK +got):\n%s", diff)
		}
	})
}
