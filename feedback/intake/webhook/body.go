package webhook

import (
	"compress/gzip"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

// form is how a body is written.
type form uint8

const (
	formPlain form = iota
	formBinary
	formSingle
	formBatch
)

// formOf returns the form of the request's body.
func formOf(header http.Header) (form, *refusal) {
	const want = "the content type has to be application/cloudevents+json, application/cloudevents-batch+json or application/json, in UTF-8"
	media, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return 0, refuse(codeType, want)
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "us-ascii") {
		return 0, refuse(codeType, want)
	}
	switch binary := header.Get("Ce-Specversion") != ""; {
	case media == "application/cloudevents+json":
		return formSingle, nil
	case media == "application/cloudevents-batch+json":
		return formBatch, nil
	case !isJSON(media):
		return 0, refuse(codeType, want)
	case binary:
		return formBinary, nil
	default:
		return formPlain, nil
	}
}

// isJSON reports whether the media type is one of JSON.
func isJSON(media string) bool {
	return media == "application/json" || media == "text/json" || strings.HasSuffix(media, "+json")
}

// read returns the body before compression.
func (h *Handler) read(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	limit := int64(h.cfg.maxBytes)
	tooLarge := func() *refusal {
		return refuse(codeTooLarge, "the body is more than %d bytes before compression: send less at a time, or set webhook.WithMaxBytes", limit)
	}
	if r.ContentLength > limit {
		return nil, tooLarge()
	}
	var body io.Reader = http.MaxBytesReader(w, r.Body, limit)
	switch encoding := r.Header.Get("Content-Encoding"); {
	case encoding == "" || strings.EqualFold(encoding, "identity"):
	case strings.EqualFold(encoding, "gzip"):
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, refuse(codeBad, "the body is not gzip")
		}
		body = z
	default:
		return nil, refuse(codeType, "the compression of the body is not known: use gzip or none")
	}
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large) || int64(len(data)) > limit:
		return nil, tooLarge()
	case err != nil:
		return nil, refuse(codeBad, "the body ends too early, or is not what its compression says")
	}
	return data, nil
}
