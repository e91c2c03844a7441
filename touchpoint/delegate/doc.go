// Package delegate recognises the requests of AI assistants that act for a customer: claimed by their User-Agent, or verified by a signature
// after Web Bot Auth.
//
//	r, err := delegate.New()
//	handler := touchpoint.Handler(mux, touchpoint.WithDelegates(r.Of))
//
// # What it verifies
//
// Web Bot Auth is a draft: draft-ietf-webbotauth-httpsig-protocol-01 of 29 October 2026, a profile of RFC 9421. The package verifies what that version
// asks for, and the form of the header Signature-Agent of earlier versions. A signature proves that a holder of the assistant's key made a
// request to this host. It does not prove that a customer asked for it.
//
//	tag         web-bot-auth; other signatures are passed over
//	covered     @authority or @target-uri, and the member of Signature-Agent that names the signer, if the header is there
//	created     at most a minute in the future ([WithClockSkew])
//	expires     not over, and at most 24 hours after created ([WithMaxLifetime])
//	keyid       the JWK thumbprint (RFC 7638) of a key of the assistant that Signature-Agent names: a key of one assistant is never one of another
//	alg         ed25519, or missing
//	nonce       used once in this process, if there is one ([WithNonces], [WithRequiredNonce])
//
// A request whose signature fails is served, and is no assistant's by that signature. The outcomes are:
//
//	outcome     when                                           the assistant is      counted
//	verified    all of the above                               verified              no
//	unverified  the signer is not listed, or its key is not    claimed, if listed    no
//	            known: its directory was not fetched yet
//	invalid     anything above fails                           claimed, if its       refused_delegate
//	                                                           User-Agent says so
//
// # Keys
//
// The application gives the keys ([Assistant.Keys]), or lets the package fetch the directories of listed assistants ([WithFetching]). No address
// of a request is ever fetched. A directory is fetched in the background, so that no request waits for it: its assistant is claimed until the
// first answer. The connection goes to public addresses only, and no redirect is followed.
package delegate
