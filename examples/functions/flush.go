package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// limit bounds what flushing adds to a request. It is more than a write to each sink takes.
const limit = 500 * time.Millisecond

// flushes are what delivers the records of a request: the client's Flush first, and then that of OpenTelemetry's SDK.
type flushes []func(context.Context) error

// now delivers what was recorded before. It returns after the limit at the latest, and says what was not delivered by then.
func (f flushes) now(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit) // also where the customer has left
	defer cancel()
	for _, flush := range f {
		if err := flush(ctx); err != nil {
			slog.WarnContext(ctx, "not everything was delivered before the answer", "error", err)
		}
	}
}

// handler flushes after each request, before the server ends the answer. It goes around otelhttp, whose span ends first.
func (f flushes) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer f.now(r.Context())
		next.ServeHTTP(w, r)
	})
}

// flushing is handle for a platform that calls a function, such as lambda.Start(flushing(f, pay)). It flushes before it returns.
func flushing[In, Out any](f flushes, handle func(context.Context, In) (Out, error)) func(context.Context, In) (Out, error) {
	return func(ctx context.Context, in In) (Out, error) {
		defer f.now(ctx)
		return handle(ctx, in)
	}
}
