package otlplog_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"cairncx.dev/cairn/exporters/otlplog"
)

// TestPartialSuccessBytes: what the generated types read is what counts, and what they cannot read says nothing.
func TestPartialSuccessBytes(t *testing.T) {
	field := func(number protowire.Number, b []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), b)
	}
	count := func(number protowire.Number, n uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), n)
	}
	text := field(2, []byte("s3cr3t"))
	cut := []byte{0x10} // a tag whose value is missing
	for _, tt := range []struct {
		name     string
		body     []byte
		rejected int64 // of 5; what is told of it is tested elsewhere
		warned   bool
	}{
		{"some", field(1, count(1, 2)), 2, false},
		{"some, with a text", field(1, slices.Concat(count(1, 2), text)), 2, false},
		{"a text alone", field(1, text), 0, true},
		{"none, with a text", field(1, slices.Concat(count(1, 0), text)), 0, true},
		{"said twice: the last holds", field(1, slices.Concat(count(1, 1), count(1, 3))), 3, false},
		{"behind a field that is not known", slices.Concat(field(9, []byte{1, 2, 3}), count(7, 300), field(1, count(1, 2))), 2, false},
		{"behind an empty field that is not known", slices.Concat(field(9, nil), field(1, slices.Concat(field(8, nil), count(1, 2)))), 2, false},
		{"in front of a field that is not known", slices.Concat(field(1, slices.Concat(count(1, 2), count(9, 1))), count(7, 300)), 2, false},
		{"another field's number", field(2, count(1, 2)), 0, false},
		{"another number within it", field(1, count(3, 2)), 0, false},
		{"another type", field(1, field(1, []byte{2})), 0, false},
		{"a text of another type", field(1, count(2, 2)), 0, false},
		{"empty", field(1, nil), 0, false},
		{"a tag that is cut", slices.Concat(field(1, count(1, 2)), []byte{0x80}), 0, false},
		{"a value that is cut", slices.Concat(field(1, count(1, 2)), cut), 0, false},
		{"a length that is too large", []byte{0x0a, 0x7f, 0x08, 2}, 0, false},
		{"a tag that is cut, within it", field(1, []byte{0x80}), 0, false},
		{"a tag that is cut, within it, behind the number", field(1, slices.Concat(count(1, 2), []byte{0x80})), 0, false},
		{"a value that is cut, within it, behind the number", field(1, slices.Concat(count(1, 2), cut)), 0, false},
		{"a value that is cut, within it, behind a text", field(1, slices.Concat(text, cut)), 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var message collogpb.ExportLogsServiceResponse
			want, warned := int64(0), false
			if proto.Unmarshal(tt.body, &message) == nil {
				want = message.GetPartialSuccess().GetRejectedLogRecords()
				warned = want == 0 && message.GetPartialSuccess().GetErrorMessage() != ""
			}
			if want != tt.rejected || warned != tt.warned {
				t.Fatalf("the generated types read %d and %v, and the test wants %d and %v", want, warned, tt.rejected, tt.warned)
			}
			r := newReceiver(t)
			r.Set(func(w http.ResponseWriter, _ *http.Request, _ *collogpb.ExportLogsServiceRequest) bool {
				w.Header().Set("Content-Type", "application/x-protobuf")
				_, _ = w.Write(tt.body)
				return true
			})
			exporter := newSink(t, otlplog.WithEndpoint(r.URL))
			if err := exporter.Export(t.Context(), typicals(5)); err != nil {
				t.Errorf("Export: %v", err)
			}
			if got := exporter.Rejected(); got != want {
				t.Errorf("Rejected is %d, want %d", got, want)
			}
			name := r.URL + " took all records, and warns"
			if got := strings.Contains(reports.Text(), name); got != warned {
				t.Errorf("a warning was told: %v, want %v", got, warned)
			}
		})
	}
}
