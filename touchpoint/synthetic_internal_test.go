package touchpoint

import (
	"net/http"
	"testing"
)

// BenchmarkSyntheticAgent is what reading the User-Agent of a browser costs a request.
func BenchmarkSyntheticAgent(b *testing.B) {
	r := &http.Request{Header: http.Header{}}
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36")
	b.ReportAllocs()
	for b.Loop() {
		if syntheticAgent(r) != NotSynthetic {
			b.Fatal("a browser is a customer's")
		}
	}
}
