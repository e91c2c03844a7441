package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/http"

	"github.com/XSAM/otelsql"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/trace"
	_ "modernc.org/sqlite" // the driver of the database
)

// shop sells one thing.
type shop struct {
	db       *sql.DB
	provider trace.TracerProvider
}

const tables = `
CREATE TABLE IF NOT EXISTS carts (id TEXT PRIMARY KEY, customer TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS orders (cart TEXT PRIMARY KEY)`

func newShop(ctx context.Context, file string, provider trace.TracerProvider) (*shop, error) {
	db, err := otelsql.Open("sqlite", file, otelsql.WithTracerProvider(provider), otelsql.WithAttributes(attribute.String("db.system.name", "sqlite")))
	if err != nil {
		return nil, fmt.Errorf("the database: %w", err)
	}
	db.SetMaxOpenConns(1) // SQLite has one writer
	if _, err := db.ExecContext(ctx, tables); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &shop{db: db, provider: provider}, nil
}

// Close closes the database.
func (s *shop) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("the database: %w", err)
	}
	return nil
}

func (s *shop) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /carts", s.open)
	mux.HandleFunc("POST /carts/{cart}/pay", s.pay)
	mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	return otelhttp.NewHandler(mux, "shop", otelhttp.WithTracerProvider(s.provider))
}

// inCart says on the request's span, and to whatever the request calls, which cart it is about. The shop's log lines have it, too.
func inCart(ctx context.Context, cart string) context.Context {
	trace.SpanFromContext(ctx).SetAttributes(attribute.String("shop.cart.id", cart))
	m, err := baggage.NewMember("shop.cart.id", cart)
	if err != nil {
		return ctx
	}
	b, err := baggage.FromContext(ctx).SetMember(m)
	if err != nil {
		return ctx
	}
	return baggage.ContextWithBaggage(ctx, b)
}

func (s *shop) open(w http.ResponseWriter, r *http.Request) {
	cart, customer := rand.Text(), r.Header.Get("X-User")
	ctx := inCart(r.Context(), cart)
	trace.SpanFromContext(ctx).SetAttributes(attribute.String("enduser.id", customer))
	if _, err := s.db.ExecContext(ctx, "INSERT INTO carts (id, customer) VALUES (?, ?)", cart, customer); err != nil {
		http.Error(w, "the cart was not opened", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write([]byte(cart))
}

func (s *shop) pay(w http.ResponseWriter, r *http.Request) {
	cart := r.PathValue("cart")
	ctx := inCart(r.Context(), cart)
	var customer string
	switch err := s.db.QueryRowContext(ctx, "SELECT customer FROM carts WHERE id = ?", cart).Scan(&customer); {
	case errors.Is(err, sql.ErrNoRows):
		http.Error(w, "there is no such cart", http.StatusNotFound)
		return
	case err != nil:
		http.Error(w, "the cart was not read", http.StatusInternalServerError)
		return
	}
	if r.FormValue("card") == "declined" {
		http.Error(w, "the card was declined", http.StatusPaymentRequired)
		return
	}
	if _, err := s.db.ExecContext(ctx, "INSERT INTO orders (cart) VALUES (?)", cart); err != nil {
		http.Error(w, "the order was not kept", http.StatusInternalServerError)
		return
	}
}
