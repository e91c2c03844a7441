package webhook

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"
)

// cloudEvent is a CloudEvent 1.0 in its JSON format.
type cloudEvent struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject"`
	Time            *time.Time      `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	Data            json.RawMessage `json:"data"`
	DataBase64      *[]byte         `json:"data_base64"`
}

// sent is a message with what the handler needs of it.
type sent struct {
	Message

	signed bool // source and ID of the CloudEvent are in the signed body
	key    string
}

// messages returns the messages of a body. ID is that of the request.
func messages(f form, header http.Header, body []byte, id string) ([]sent, *refusal) {
	if !utf8.Valid(body) {
		return nil, refuse(codeBad, "the body is not UTF-8")
	}
	var list []cloudEvent
	switch f {
	case formSingle:
		var e cloudEvent
		if err := json.Unmarshal(body, &e); err != nil {
			return nil, refuse(codeBad, "the body is no CloudEvent in JSON: %s", fault(err))
		}
		list = append(list, e)
	case formBatch:
		var raw []json.RawMessage
		if err := json.Unmarshal(body, &raw); err != nil || raw == nil {
			return nil, refuse(codeBad, "the body is no JSON list of CloudEvents")
		}
		if len(raw) > MaxMessages {
			return nil, refuse(codeTooLarge, "the batch has %d CloudEvents: at most %d are allowed", len(raw), MaxMessages)
		}
		for i := range raw {
			var e cloudEvent
			if err := json.Unmarshal(raw[i], &e); err != nil {
				return nil, refuse(codeBad, "it is no CloudEvent in JSON: %s", fault(err)).in(i+1, len(raw))
			}
			list = append(list, e)
		}
	case formBinary:
		e, refused := binaryOf(header, body)
		if refused != nil {
			return nil, refused
		}
		list = append(list, e)
	default:
		if !json.Valid(body) {
			return nil, refuse(codeBad, "the body is no JSON")
		}
		return []sent{{Message: Message{ID: id, Data: body}, key: "message\x00" + id + "\x000"}}, nil
	}
	out := make([]sent, len(list))
	for i := range list {
		m, refused := list[i].message()
		if refused != nil {
			return nil, refused.in(i+1, len(list))
		}
		m.ID = id
		out[i] = sent{Message: m, key: "message\x00" + id + "\x00" + strconv.Itoa(i)}
		if f != formBinary {
			out[i].signed, out[i].key = true, "cloudevent\x00"+m.Source+"\x00"+m.EventID
		}
	}
	return out, nil
}

// message checks the CloudEvent, and returns it as a message.
func (c *cloudEvent) message() (m Message, _ *refusal) {
	switch {
	case c.SpecVersion != "1.0":
		return m, refuse(codeBad, `the specversion of the CloudEvent is not "1.0"`)
	case c.ID == "" || c.Source == "" || c.Type == "":
		return m, refuse(codeBad, "the CloudEvent has no id, no source or no type")
	case c.DataContentType != "" && !jsonType(c.DataContentType):
		return m, refuse(codeType, "the datacontenttype of the CloudEvent is not JSON")
	}
	m = Message{Source: c.Source, EventID: c.ID, Type: c.Type, Subject: c.Subject, Data: c.Data}
	if c.Time != nil {
		m.Time = *c.Time
	}
	if c.DataBase64 != nil {
		if c.Data != nil {
			return m, refuse(codeBad, "the CloudEvent has both data and data_base64")
		}
		if m.Data = *c.DataBase64; !utf8.Valid(m.Data) || !json.Valid(m.Data) {
			return m, refuse(codeBad, "the data_base64 of the CloudEvent is no JSON in UTF-8")
		}
	}
	return m, nil
}

func jsonType(s string) bool {
	h := http.Header{"Content-Type": {s}}
	f, refused := formOf(h)
	return refused == nil && f == formPlain
}

// binaryOf returns the CloudEvent of a request in the binary mode of the HTTP protocol binding. Values of headers are percent-encoded.
func binaryOf(header http.Header, body []byte) (c cloudEvent, _ *refusal) {
	if !json.Valid(body) {
		return c, refuse(codeBad, "the body is no JSON")
	}
	c.Data = body
	var at string
	for name, into := range map[string]*string{
		"Ce-Specversion": &c.SpecVersion, "Ce-Id": &c.ID, "Ce-Source": &c.Source, "Ce-Type": &c.Type, "Ce-Subject": &c.Subject, "Ce-Time": &at,
	} {
		raw := header.Get(name)
		v, err := url.PathUnescape(raw)
		if err != nil { // some senders leave the encoding out
			v = raw
		}
		if !utf8.ValidString(v) {
			return c, refuse(codeBad, "a ce- header of the CloudEvent is not UTF-8")
		}
		*into = v
	}
	if at != "" {
		t, err := time.Parse(time.RFC3339Nano, at)
		if err != nil {
			return c, refuse(codeBad, "the ce-time of the CloudEvent is not a time of RFC 3339")
		}
		c.Time = &t
	}
	return c, nil
}

// fault says where a JSON text is wrong, without repeating anything of it.
func fault(err error) string {
	switch e := err.(type) { //nolint:errorlint // encoding/json wraps neither
	case *json.SyntaxError:
		return "it is not JSON from byte " + strconv.FormatInt(e.Offset, 10) + " on"
	case *json.UnmarshalTypeError:
		if e.Field == "" {
			return "it is no object"
		}
		return "the field " + e.Field + " has a value of another type"
	default:
		return "a field has a value that is not allowed"
	}
}
