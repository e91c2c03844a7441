package postgres_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/postgres"
)

// What needs a server is tested in internal/e2e/stores.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// nobody is a pool on a port where nobody listens.
func nobody(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), "postgres://cairn@127.0.0.1:1/cairn")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func TestNewRefuses(t *testing.T) {
	long := strings.Repeat("n", 41)
	tests := []struct {
		name   string
		reason string
		pool   bool
		opts   []postgres.Option
		want   []string // in the error; none for no error
	}{
		{name: "nothing", reason: "the defaults are good", pool: true},
		{name: "nil option", reason: "it says nothing", pool: true, opts: []postgres.Option{nil}},
		{
			name: "names", reason: "letters, digits and underscores are plain in SQL", pool: true,
			opts: []postgres.Option{postgres.WithSchema("_CX90"), postgres.WithPrefix(long[1:])},
		},
		{name: "nil pool", reason: "it would fail in the first Write", want: []string{"the pool is nil"}},
		{
			name: "every fault", reason: "they are mended in one go",
			opts: []postgres.Option{postgres.WithSchema("1st"), postgres.WithPrefix("")},
			want: []string{"the pool is nil", `WithSchema("1st")`, `WithPrefix("")`},
		},
		{
			name: "empty schema", reason: "a variable that is not set is no schema", pool: true,
			opts: []postgres.Option{postgres.WithSchema("")}, want: []string{`WithSchema("")`},
		},
		{
			name: "NUL schema", reason: "no name is special", pool: true,
			opts: []postgres.Option{postgres.WithSchema("\x00\x00")}, want: []string{"WithSchema"},
		},
		{
			name: "injection", reason: "a name goes into SQL as it is", pool: true,
			opts: []postgres.Option{postgres.WithPrefix(`a"; DROP TABLE b; --`)}, want: []string{"WithPrefix", "letters, digits and underscores"},
		},
		{
			name: "beyond ASCII", reason: "the case of other letters depends on the database", pool: true,
			opts: []postgres.Option{postgres.WithPrefix("käse")}, want: []string{"WithPrefix"},
		},
		{
			name: "at sign and backtick", reason: "they are next to letters in ASCII", pool: true,
			opts: []postgres.Option{postgres.WithPrefix("a@"), postgres.WithSchema("a`[")}, want: []string{"WithPrefix", "WithSchema"},
		},
		{
			name: "too long", reason: "PostgreSQL would cut it, and two could become one", pool: true,
			opts: []postgres.Option{postgres.WithPrefix(long)}, want: []string{"WithPrefix", "1 to 40"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var pool *pgxpool.Pool
			if test.pool {
				pool = nobody(t)
			}
			s, err := postgres.New(pool, test.opts...)
			if (err == nil) != (len(test.want) == 0) || (s == nil) != (err != nil) {
				t.Fatalf("store %v, error %v, want an error with %q: %s", s, err, test.want, test.reason)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q, want it to contain %q: %s", err, want, test.reason)
				}
			}
		})
	}
}

func TestWriteNeedsNobodyForNothing(t *testing.T) {
	s, err := postgres.New(nobody(t))
	if err != nil {
		t.Fatal(err)
	}
	if r, err := s.Write(t.Context(), nil); len(r) != 0 || err != nil {
		t.Errorf("no changes give %v, %v: there is nothing to do", r, err)
	}
	if n, err := s.Forget(t.Context(), "", 0); n != 0 || err != nil {
		t.Errorf("forgetting nobody gives %d, %v: there is nothing to do", n, err)
	}
}

func TestErrorsSayWhatFailed(t *testing.T) {
	s, err := postgres.New(nobody(t))
	if err != nil {
		t.Fatal(err)
	}
	change := ledger.Change{Key: ledger.Key{1}, Customer: "somebody"}
	tests := []struct {
		name, want, reason string
		call               func(context.Context) error
	}{
		{
			"write", "postgres: write: ", "there is no server",
			func(ctx context.Context) error { _, err := s.Write(ctx, []ledger.Change{change}); return err },
		},
		{
			"twice", "changes 1 and 3 are of the same run", "PostgreSQL's own error names no change",
			func(ctx context.Context) error {
				_, err := s.Write(ctx, []ledger.Change{change, {Key: ledger.Key{2}}, {Key: change.Key, Replace: []byte{}}})
				return err
			},
		},
		{
			"claim", "postgres: claim: ", "there is no server",
			func(ctx context.Context) error { _, _, err := s.Claim(ctx, 1, 0); return err },
		},
		{
			"count", "postgres: count: ", "there is no server",
			func(ctx context.Context) error { _, _, err := s.Count(ctx, "me", 0); return err },
		},
		{
			"forget", "postgres: forget: ", "there is no server",
			func(ctx context.Context) error { _, err := s.Forget(ctx, "somebody", 0); return err },
		},
		{"migrate", `postgres: migrate "cairn_*": `, "there is no server", s.Migrate},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.call(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want %q: %s", err, test.want, test.reason)
			}
			if strings.Contains(err.Error(), "somebody") {
				t.Errorf("error %q names the customer", err)
			}
		})
	}
}
