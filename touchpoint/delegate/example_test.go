package delegate_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"

	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/delegate"
)

// The default list: assistants are claimed by their User-Agent.
func ExampleNew() {
	r, err := delegate.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	_ = touchpoint.Handler(mux, touchpoint.WithDelegates(r.Of)) // serve this one

	q := httptest.NewRequest(http.MethodGet, "https://shop.example/", nil)
	q.Header.Set("User-Agent", "Mozilla/5.0 (compatible; ChatGPT-User/1.0; +https://openai.com/bot)")
	d := r.Of(q)
	fmt.Println(d.Name, d.Proof)
	// Output: ChatGPT-User claimed
}

// An assistant whose key the application has is verified by its signature.
func ExampleWithAssistants() {
	private := ed25519.NewKeyFromSeed([]byte("an example, and no secret at all"))
	r, err := delegate.New(delegate.WithAssistants(append(delegate.Known(), delegate.Assistant{
		Name: "Ann", SignatureAgent: "https://ann.example/keys.json", Keys: []ed25519.PublicKey{private.Public().(ed25519.PublicKey)}, //nolint:forcetypeassert // of Ed25519
	})...))
	if err != nil {
		fmt.Println(err)
		return
	}
	q := httptest.NewRequest(http.MethodGet, "https://shop.example/", nil)
	now := time.Now().Unix()
	said := `("@authority" "signature-agent";key="ann");created=` + strconv.FormatInt(now, 10) + `;expires=` + strconv.FormatInt(now+60, 10) +
		`;keyid="ztoF1CnzzP4_lmr1C1OEsl9tZLH2yX4MLc1Usar5_Vo";nonce="1";tag="web-bot-auth"`
	base := "\"@authority\": shop.example\n\"signature-agent\";key=\"ann\": \"https://ann.example/keys.json\"\n\"@signature-params\": " + said
	q.Header.Set("Signature-Agent", `ann="https://ann.example/keys.json"`)
	q.Header.Set("Signature-Input", "ann="+said)
	q.Header.Set("Signature", "ann=:"+base64.StdEncoding.EncodeToString(ed25519.Sign(private, []byte(base)))+":")
	d := r.Of(q)
	fmt.Println(d.Name, d.Proof)
	d = r.Of(q) // once more
	fmt.Println(d.Proof == touchpoint.DelegateVerified, d.Refused)
	// Output:
	// Ann verified
	// false its nonce was used before
}

// The package fetches the directories of the listed assistants that have one.
func ExampleWithFetching() {
	r, err := delegate.New(delegate.WithAssistants(delegate.Assistant{Name: "Ann"}), delegate.WithFetching())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Shutdown(context.Background()))
	// Output: <nil>
}
