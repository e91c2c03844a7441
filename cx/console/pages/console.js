// The pages work without this script. With it a page reads itself anew when the table of the server has changed. A part that the reader uses is left alone.
"use strict";
for (const here of document.querySelectorAll(".nav li:has([aria-current])")) here.closest(".nav").scrollLeft = (here.previousElementSibling ?? here).offsetLeft - 2; // where the pages are in a row
(() => {
	// A reader whose clock is another one than that of the page may have the page in the own zone.
	const offer = document.getElementById("zone"), moment = document.querySelector(".asof time"), mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
	const clocks = (zone) => [0, 182].map((days) => new Date(Date.parse(moment.dateTime) + days * 864e5).toLocaleString("en", { timeZone: zone })).join();
	try {
		if (offer && mine && document.body.dataset.zone && clocks(mine) !== clocks(document.body.dataset.zone)) {
			const to = new URL(location.href);
			to.searchParams.set("zone", mine);
			offer.href = to;
			offer.textContent = "Show times in " + mine.replaceAll("_", " ");
			offer.hidden = false;
		}
	} catch { /* the browser does not know the zone of the page, or has none */ }

	const body = document.body, address = body.dataset.live, says = document.getElementById("live");
	if (!address || !window.EventSource) return;
	let source, busy = false, again = false, pause = 0, later;

	const say = (text) => { if (says && says.textContent !== text) says.textContent = text; };

	// changed is a field that the reader has filled in, and not sent yet.
	const changed = (field) => {
		if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
		if (!field.options) return field.value !== field.defaultValue;
		return field.selectedIndex !== Math.max(0, [...field.options].findIndex((o) => o.defaultSelected));
	};

	// used is a part in which the reader types, or has filled in what is not sent yet.
	const used = (part) => part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")
		|| [...part.querySelectorAll("input, select, textarea")].some(changed);

	// opened keeps what the reader has unfolded.
	const opened = (from, to) => {
		const was = from.querySelectorAll("details"), is = to.querySelectorAll("details");
		was.forEach((d, i) => { if (is[i]) is[i].open = d.open; });
	};

	const replace = (next) => {
		const parts = [...next.querySelectorAll("#parts > section")], ids = new Set(parts.map((part) => part.id)); // a part that is put into the page is not in next any more
		let before = null;
		for (const part of parts) {
			const old = document.getElementById(part.id);
			if (!old) {
				before ? before.after(part) : document.getElementById("parts").prepend(part);
				before = part;
				continue;
			}
			before = old;
			if (used(old)) continue;
			opened(old, part);
			if (old.innerHTML === part.innerHTML) continue;
			const focus = old.contains(document.activeElement) ? [...old.querySelectorAll("a, button, summary")].indexOf(document.activeElement) : -1;
			old.replaceWith(part);
			before = part;
			if (focus >= 0) part.querySelectorAll("a, button, summary")[focus]?.focus();
		}
		for (const old of document.querySelectorAll("#parts > section")) if (!ids.has(old.id)) old.remove();
		for (const name of [".lead h1", ".lead .asof time"]) {
			const is = next.querySelector(name), was = document.querySelector(name);
			if (is && was && was.textContent !== is.textContent) was.replaceWith(is);
		}
	};

	const refresh = async () => {
		if (busy || document.hidden) { again = true; return; }
		busy = true; again = false;
		clearTimeout(later);
		try {
			const answer = await fetch(location.href, { credentials: "same-origin" });
			if (answer.ok) {
				const next = new DOMParser().parseFromString(await answer.text(), "text/html");
				body.dataset.state = next.body.dataset.state;
				replace(next);
				say("");
			} else if (answer.status === 401) say(" · you are not signed in any more: reload this page");
			else later = setTimeout(refresh, 10000);
		} catch {
			say(" · not connected: this page may be old");
			later = setTimeout(refresh, 10000);
		}
		busy = false;
		if (again) refresh();
	};

	const listen = () => {
		source?.close();
		source = new EventSource(address + "?state=" + encodeURIComponent(body.dataset.state));
		source.onmessage = (e) => { if (e.data !== body.dataset.state) refresh(); };
		source.onopen = () => { pause = 0; say(""); };
		source.onerror = () => {
			say(" · not connected: this page may be old");
			if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
			pause = Math.min(60, pause * 2 || 4); // an answer that is no stream ends it: of a proxy while the server is away, for example
			setTimeout(listen, pause * 1000);
		};
	};

	document.addEventListener("visibilitychange", () => { if (!document.hidden && again) refresh(); });
	addEventListener("pagehide", () => source?.close());
	addEventListener("pageshow", (e) => { if (e.persisted) listen(); });
	listen();
})();
