// Package digest derives IDs from texts. Every service, on any day, derives the same ID from the same texts, so two
// processes agree on the trace of a run and on the IDs of its events without talking to each other.
//
// It is a leaf below cx/event. A changed digest breaks every trace and every deduplication that crosses two versions of
// Cairn: what this package computes never changes.
package digest

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
)

// Of returns the SHA-256 of the parts. Each part follows its length, as an unsigned varint, so that no two lists of
// parts have the same bytes.
func Of(parts ...string) [sha256.Size]byte {
	var room [192]byte // enough for nearly every list
	buf := room[:0]
	for _, p := range parts {
		buf = binary.AppendUvarint(buf, uint64(len(p)))
		buf = append(buf, p...)
	}
	return sha256.Sum256(buf)
}

// Root returns the trace ID and the span ID of the root span of a run's trace: the first 16 bytes of the digest, and the
// 8 bytes after them.
func Root(namespace, journey, id string) (traceID [16]byte, spanID [8]byte) {
	sum := Of("cairn.trace.1", namespace, journey, id)
	return [16]byte(sum[:]), [8]byte(sum[16:])
}

// Stage returns the ID of the span of one visit to a stage of a run.
func Stage(namespace, journey, id, stage string, visit int) [8]byte {
	sum := Of("cairn.stage.1", namespace, journey, id, stage, strconv.Itoa(visit))
	return [8]byte(sum[:])
}

// Segment returns the trace ID and the span ID of the root span of segment n of a run's trace, 1 or more.
func Segment(namespace, journey, id string, n int) (traceID [16]byte, spanID [8]byte) {
	sum := Of("cairn.segment.1", namespace, journey, id, strconv.Itoa(n))
	return [16]byte(sum[:]), [8]byte(sum[16:])
}

// Started returns the ID of the span that marks the start of a run.
func Started(namespace, journey, id string) [8]byte {
	sum := Of("cairn.started.1", namespace, journey, id)
	return [8]byte(sum[:])
}

// Promise returns the ID of the span of a promise to a run. Number counts the promises of the name.
func Promise(namespace, journey, id, name string, number int) [8]byte {
	sum := Of("cairn.promise.1", namespace, journey, id, name, strconv.Itoa(number))
	return [8]byte(sum[:])
}

// Transition returns the first 16 bytes of the digest that the ID of a transition's event is made of.
func Transition(namespace, journey, id, transition string) [16]byte {
	sum := Of("cairn.event.1", namespace, journey, id, transition)
	return [16]byte(sum[:])
}

// Once returns the first 16 bytes of a digest, which make the ID of the event of an interaction that processes something, such as a message
// of a queue, which may come again. Class is what the outcome says of the interaction, and parts identify what it processes.
func Once(namespace, touchpoint, class string, parts []string) [16]byte {
	var room [8]string
	sum := Of(append(append(room[:0], "cairn.once.1", namespace, touchpoint, class), parts...)...)
	return [16]byte(sum[:])
}

// ID returns the UUID of version 8 (RFC 9562, section 5.8) that a digest makes.
func ID(sum [16]byte) [16]byte {
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	return sum
}

// Customer returns the key of a customer's record. Pseudonym is the customer's hash.
func Customer(namespace, pseudonym string) [16]byte {
	sum := Of("cairn.customer.1", namespace, pseudonym)
	return [16]byte(sum[:])
}

// Effort returns the first 16 bytes of the digest that the ID of an effort's event is made of. First is the ID of its first contact.
func Effort(pseudonym, intent string, first [16]byte) [16]byte {
	sum := Of("cairn.effort.1", pseudonym, intent, string(first[:]))
	return [16]byte(sum[:])
}

// Representative returns the key of the record that says who a customer's representative is. Name is the one in the customer's record.
func Representative(namespace, name string) [16]byte {
	sum := Of("cairn.representative.1", namespace, name)
	return [16]byte(sum[:])
}

// CustomerKey returns the key of the record that says with which customer key the records of the namespace were written.
func CustomerKey(namespace string) [16]byte {
	sum := Of("cairn.customerkey.1", namespace)
	return [16]byte(sum[:])
}

// RequestKey returns the key of the record of a request for feedback. ID is the 16 bytes of the request's ID.
func RequestKey(namespace string, id [16]byte) [16]byte {
	sum := Of("cairn.request.1", namespace, string(id[:]))
	return [16]byte(sum[:])
}

// OfRequest returns the first 16 bytes of the digest that the ID of an event is made of that says what became of a request for feedback.
func OfRequest(id [16]byte, what string) [16]byte {
	sum := Of("cairn.requested.1", string(id[:]), what)
	return [16]byte(sum[:])
}

// Mention returns the first 16 bytes of the digest that the ID of a mention's event is made of. Ref is its ID at the source.
func Mention(source, ref string) [16]byte {
	sum := Of("cairn.mention.1", source, ref)
	return [16]byte(sum[:])
}

// Amendment returns the first 16 bytes of the digest that the ID of a change of a mention is made of. Said is what holds after it.
func Amendment(id [16]byte, said string) [16]byte {
	sum := Of("cairn.amendment.1", string(id[:]), said)
	return [16]byte(sum[:])
}

// Sampled returns a number that decides whether a customer is in the sample of a survey: every number is as likely as every other one.
func Sampled(survey, pseudonym string) uint64 {
	sum := Of("cairn.sample.1", survey, pseudonym)
	return binary.LittleEndian.Uint64(sum[:])
}
