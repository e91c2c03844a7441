package webhook

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode"
)

// refusal says why a request is not taken. It is the answer to the sender.
type refusal struct {
	status  int
	code    string
	message string
	retry   int // seconds until the sender may try again; 0 is not said
}

// The codes of refusals, which are also the reasons of the metric.
const (
	codeMethod      = "method_not_allowed"
	codeType        = "unsupported_type"
	codeTooLarge    = "too_large"
	codeBad         = "bad_request"
	codeForged      = "forged"
	codeExpired     = "expired"
	codeNotTaken    = "not_taken"
	codeFollowUp    = "unknown_follow_up"
	codeStep        = "unknown_step"
	codeInvalid     = "invalid"
	codeBusy        = "busy"
	codeUnavailable = "unavailable"
)

// status is the status of the answer for each code.
func status(code string) int {
	switch code {
	case codeMethod:
		return http.StatusMethodNotAllowed
	case codeType:
		return http.StatusUnsupportedMediaType
	case codeTooLarge:
		return http.StatusRequestEntityTooLarge
	case codeForged, codeExpired:
		return http.StatusUnauthorized
	case codeNotTaken, codeFollowUp, codeStep, codeInvalid:
		return http.StatusUnprocessableEntity
	case codeBusy, codeUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusBadRequest
	}
}

// refuse returns a refusal.
func refuse(code, format string, args ...any) *refusal {
	r := &refusal{status: status(code), code: code, message: fmt.Sprintf(format, args...)}
	if r.status == http.StatusServiceUnavailable {
		r.retry = retryAfter
	}
	return r
}

// retryAfter is after how many seconds a sender may try again.
const retryAfter = 5

// in says in which message of a batch the fault is; n counts from 1.
func (r *refusal) in(n, of int) *refusal {
	if r != nil && of > 1 {
		r.message = fmt.Sprintf("message %d of %d: %s", n, of, r.message)
	}
	return r
}

// maxMessage is the length of the longest message of a refusal, in bytes.
const maxMessage = 512

// clean returns the text without characters that are not printable, and bounded.
func clean(s string) string {
	if len(s) > maxMessage {
		s = s[:maxMessage]
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == unicode.ReplacementChar:
			return -1
		case unicode.IsPrint(r):
			return r
		default:
			return ' '
		}
	}, s)
}

// taken is what became of a request that was not refused.
type taken struct {
	Taken    int `json:"taken"`
	Repeated int `json:"repeated"`
	Ignored  int `json:"ignored"`
}

// answer writes the answer.
func answer(w http.ResponseWriter, t taken, r *refusal) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	var content any = t
	code := http.StatusOK
	if r != nil {
		code = r.status
		if r.retry > 0 {
			h.Set("Retry-After", strconv.Itoa(r.retry))
		}
		if r.code == codeMethod {
			h.Set("Allow", http.MethodPost)
		}
		content = map[string]any{"error": map[string]string{"code": r.code, "message": clean(r.message)}}
	}
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(content) //nolint:errchkjson // the sender may be gone
}
