package sqlarchive_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/journey"
)

// TestClientForgets: what a client is told to forget is gone from its archive too, with what was still on
// its way there, and what is of others stays.
func TestClientForgets(t *testing.T) {
	t.Parallel()
	path := temp(t)
	spool, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), open(t, path))
	if err != nil {
		t.Fatal(err)
	}
	client, err := cx.New(cx.WithExporters(spool), cx.WithCustomerKey([]byte("a key of at least 16 bytes")))
	if err != nil {
		t.Fatal(err)
	}
	ctx := cx.NewContext(context.Background(), client)
	checkout := journey.Define("checkout")
	for _, customer := range []string{"ada", "ben"} {
		in := checkout.Start(ctx, "cart-of-"+customer, event.Customer{ID: customer})
		if customer == "ada" {
			checkout.Complete(in)
		}
	}
	if n, err := client.Forget(ctx, "ada"); err != nil || n != 0 { // whose journey has ended
		t.Errorf("Forget: %d, %v", n, err)
	}
	if n, err := client.Forget(ctx, "nobody"); err != nil || n != 0 {
		t.Errorf("Forget of somebody unknown: %d, %v", n, err)
	}
	if err := client.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	rows, err := raw(t, path).QueryContext(ctx, "SELECT run FROM transitions UNION SELECT run FROM journeys")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var left []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		left = append(left, id)
	}
	if err := rows.Err(); err != nil || !slices.Equal(left, []string{"cart-of-ben"}) {
		t.Errorf("there is %q: %v", left, err)
	}
}

var shell = regexp.MustCompile("(?s)```sh\n(.*?)```")

// TestPseudonymByHand: the line in README.md that makes a customer's pseudonym makes the one that the
// client makes, which is in the archive.
func TestPseudonymByHand(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"sh", "openssl", "od", "tr", "cut"} {
		if _, err := exec.LookPath(tool); err != nil {
			sinktest.Skip(t, "there is no %s here", tool)
		}
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := shell.FindAllSubmatch(readme, -1)
	if len(lines) != 1 {
		t.Fatalf("README.md has %d commands, want the one that makes a pseudonym", len(lines))
	}
	for _, c := range []struct{ name, customer, key, reason string }{
		{"plain", "ada", "a key of at least 16 bytes", "the usual one"},
		{"bytes", "4711", "\x00\x01\xff\n key of random bytes \x80\n", "a good key is no text"},
		{"long", "ada@example.com", strings.Repeat("0123456789abcdef", 5), "HMAC hashes a key that is longer than a block"},
		{"hostile", `-n %s \t $HOME "é"`, "a key of at least 16 bytes", "the shell is not to take it for its own"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path, folder := temp(t), t.TempDir()
			client, err := cx.New(cx.WithExporters(open(t, path)), cx.WithCustomerKey([]byte(c.key)))
			if err != nil {
				t.Fatal(err)
			}
			journey.Define("checkout").Start(cx.NewContext(background, client), "cart-1", event.Customer{ID: c.customer})
			if err := client.Shutdown(background); err != nil {
				t.Fatal(err)
			}
			var want string
			if err := raw(t, path).QueryRowContext(background, "SELECT customer FROM events WHERE run = 'cart-1'").Scan(&want); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, "customer.key"), []byte(c.key), 0o600); err != nil {
				t.Fatal(err)
			}
			sh := exec.CommandContext(t.Context(), "sh", "-c", string(lines[0][1]))
			sh.Dir, sh.Env = folder, append(os.Environ(), "customer="+c.customer)
			out, err := sh.Output()
			if got := strings.TrimSpace(string(out)); err != nil || got != want || len(want) != 32 {
				t.Errorf("by hand it is %q (%v), in the archive %q: %s", got, err, want, c.reason)
			}
		})
	}
}
