package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/ledger"
)

// Handler takes in the requests of one sender. [New] makes one. It is safe for concurrent use, starts no goroutine, and has nothing to be
// closed: the store ends with its owner. A nil Handler answers 503.
type Handler struct {
	cfg    *config
	keys   []*standardwebhooks.Webhook
	seen   seen
	now    func() time.Time
	counts *counts
}

var _ http.Handler = (*Handler)(nil)

// New returns a handler. The error joins all faults of the options. It needs [WithSecrets] or [WithVerify], and one of [WithFollowUps],
// [WithFeedback] and [WithMapping]. It does no I/O.
func New(opts ...Option) (*Handler, error) {
	cfg, err := newConfig(opts)
	keys, errs := keys(cfg.secrets)
	if err = errors.Join(append(errs, err)...); err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	refusals, err := newCounts(cfg.meters)
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	h := &Handler{cfg: cfg, keys: keys, now: time.Now, counts: refusals}
	if cfg.store != nil {
		h.seen = newShared(cfg.store, cfg.keep, h.now)
	} else {
		h.seen = newLocal(cfg.keep, h.now)
	}
	return h, nil
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h == nil || h.cfg == nil {
		answer(w, taken{}, refuse(codeUnavailable, "the handler was not made by webhook.New"))
		return
	}
	ctx := r.Context()
	if h.cfg.client != nil {
		ctx = cx.NewContext(ctx, h.cfg.client)
	}
	t, refused := h.serve(ctx, w, r)
	if refused != nil {
		h.counts.refused(ctx, refused.code)
	}
	answer(w, t, refused)
}

func (h *Handler) serve(ctx context.Context, w http.ResponseWriter, r *http.Request) (t taken, _ *refusal) {
	if r.Method != http.MethodPost {
		return t, refuse(codeMethod, "send a POST")
	}
	form, refused := formOf(r.Header)
	if refused != nil {
		return t, refused
	}
	if refused := h.early(r.Header); refused != nil {
		return t, refused
	}
	body, refused := h.read(w, r)
	if refused != nil {
		return t, refused
	}
	id, refused := h.verify(r.Header, body)
	if refused != nil {
		return t, refused
	}
	list, refused := messages(form, r.Header, body, id)
	if refused != nil {
		return t, refused
	}
	var items []item
	for i := range list {
		list[i].key = h.cfg.own(list[i].key)
		its, refused := h.items(ctx, &list[i])
		if refused != nil {
			return taken{}, refused.in(i+1, len(list))
		}
		if len(its) == 0 {
			t.Ignored++
		}
		items = append(items, its...)
	}
	if refused := h.exist(ctx, items); refused != nil {
		return taken{}, refused
	}
	return h.take(ctx, items, t)
}

// exist refuses a report on a follow-up that there is not, such as one with the number of a ticket instead of the ID. Events of runs may come
// in any order.
func (h *Handler) exist(ctx context.Context, items []item) *refusal {
	type run struct{ name, id string }
	known := map[run]bool{}
	for i := range items {
		it := &items[i]
		if it.event != nil {
			continue
		}
		r := run{it.followUp.Name(), it.id}
		if it.step == StepOpened || !it.reported || known[r] || cx.FromContext(ctx) == nil {
			known[r] = true
			continue
		}
		switch ok, err := it.followUp.Exists(ctx, it.id); {
		case err != nil:
			return refuse(codeUnavailable, "the store of follow-ups does not answer")
		case !ok:
			return refuse(codeFollowUp, "there is no follow-up %q with the ID of the report: it has to be the one of the events of the follow-up, and not that of a ticket", r.name)
		}
		known[r] = true
	}
	return nil
}

// items returns what a message says.
func (h *Handler) items(ctx context.Context, m *sent) ([]item, *refusal) {
	cairns := len(m.Type) >= len(typePrefix) && m.Type[:len(typePrefix)] == typePrefix
	switch {
	case m.Type == ReportType, m.Type == "" && h.cfg.mapping == nil:
		r, refused := reportOf(m.Data)
		if refused != nil {
			return nil, refused
		}
		it, refused := h.item(r, m.key, m.Time)
		return []item{it}, refused
	case cairns:
		e, refused := parsed(m)
		if refused != nil {
			return nil, refused
		}
		it, ok, refused := h.said(ctx, e, m.key, m.Time)
		if refused != nil || !ok {
			return nil, refused
		}
		return []item{it}, nil
	case h.cfg.mapping == nil:
		return nil, refuse(codeNotTaken, "the type of the CloudEvent is not one of Cairn's, and the handler has no webhook.WithMapping")
	default:
		return h.mapped(ctx, m)
	}
}

// mapped returns what the application reads in a message.
func (h *Handler) mapped(ctx context.Context, m *sent) (list []item, _ *refusal) {
	c, err := h.cfg.mapping(ctx, &m.Message)
	if err != nil {
		return nil, refuse(codeInvalid, "%s", err.Error())
	}
	of := len(c.Events) + len(c.Reports)
	if of > MaxMessages {
		return nil, refuse(codeTooLarge, "the message says %d things: at most %d are allowed", of, MaxMessages)
	}
	part := func() string { return fmt.Sprintf("%s\x00%d", m.key, len(list)) }
	for i := range c.Events {
		it, ok, refused := h.said(ctx, c.Events[i], part(), m.Time)
		if refused != nil {
			return nil, refused
		}
		if ok {
			list = append(list, it)
		}
	}
	for _, r := range c.Reports {
		it, refused := h.item(r, part(), m.Time)
		if refused != nil {
			return nil, refused
		}
		list = append(list, it)
	}
	return list, nil
}

// take records the items that were not recorded before.
func (h *Handler) take(ctx context.Context, items []item, t taken) (taken, *refusal) {
	client := cx.FromContext(ctx)
	if client == nil {
		return taken{}, refuse(codeUnavailable, "the receiver has no client of Cairn")
	}
	var keys []ledger.Key
	var claims []*item
	is := make(map[ledger.Key]bool, len(items))
	for i := range items {
		k := keyOf(items[i].key)
		if is[k] {
			t.Repeated++
			continue
		}
		is[k] = true
		keys, claims = append(keys, k), append(claims, &items[i])
	}
	request, own, waits := newName(), keys[:0:0], false
	if len(keys) > 0 {
		verdicts, err := h.seen.claim(ctx, request, keys)
		if err != nil {
			return taken{}, refuse(codeUnavailable, "the store does not answer")
		}
		for i, v := range verdicts {
			switch v {
			case fresh:
				own = append(own, keys[i])
				claims[i].record(ctx, client)
				t.Taken++
			case repeated:
				t.Repeated++
			default:
				waits = true
			}
		}
	}
	refused := h.flushed(ctx, client)
	if len(own) > 0 {
		if err := h.seen.done(ctx, request, own); err != nil && refused == nil {
			h.counts.refused(ctx, codeUnavailable) // a redelivery would count again, but the sender has no reason for one
		}
	}
	if waits && refused == nil {
		refused = refuse(codeBusy, "another request has this message in work: try again")
	}
	return t, refused
}

// flushed flushes the client, where the application wants it.
func (h *Handler) flushed(ctx context.Context, client *cx.Client) *refusal {
	if !h.cfg.flush {
		return nil
	}
	if err := client.Flush(ctx); err != nil {
		return refuse(codeUnavailable, "what was taken is not safe yet: try again")
	}
	return nil
}

// record records the item.
func (it *item) record(ctx context.Context, client *cx.Client) {
	if it.event != nil {
		client.Record(ctx, *it.event)
		return
	}
	it.take(ctx)
}
