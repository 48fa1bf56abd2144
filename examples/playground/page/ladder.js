// The ladder of one fetch: the page, the preflight, the decision, the request, the
// response, and what the page may read.

// el makes an element. Texts are set as texts, whatever is in them.
function el(name, className, ...children) {
	const e = document.createElement(name);
	if (className) {
		e.className = className;
	}
	e.append(...children.filter((c) => c));
	return e;
}

// rung makes one step of the ladder: passed, failed, skipped, or "" where nothing is
// decided.
function rung(state, who, word, ...what) {
	return el("li", state, el("span", "who", who), el("div", "what", el("span", "word", word), ...what));
}

// wire shows the first line and the header of a message, as far as they matter here.
function wire(first, fields) {
	const lines = fields.flatMap(({name, value}) => ["\n", el("span", name === "Vary" ? "vary" : "", `${name}: ${value}`)]);
	return el("pre", "wire", el("b", "", first), ...lines);
}

const asked = (e) => wire(`${e.method} ${e.path}`, e.request);
const answered = (e) => wire(String(e.status), e.response);

// decided is what Explain says of a request.
function decided({decision}) {
	const failed = decision.steps.find((s) => s.state === "failed");
	const link = (s) => {
		const a = el("a", "", s.name);
		a.href = s.link;
		return a;
	};
	const steps = decision.steps.map((s) =>
		el("li", s.state, el("span", "", s.state.replace("-", " ")), el("span", "", link(s), s.text ? `: ${s.text}` : "")));
	return rung(failed ? "failed" : "passed", "Explain", decision.reason,
		el("blockquote", "", `${decision.sentence}.`),
		failed && el("p", "small", "Failed at: ", link(failed)),
		decision.remedy && el("p", "small", `To allow it: ${decision.remedy}`),
		decision.console && el("p", "small", "Chromium’s console: ", el("code", "", decision.console)),
		el("details", "", el("summary", "", `All ${steps.length} steps`), el("ol", "steps", ...steps)));
}

function preflightRung(preflight, event) {
	switch (preflight) {
	case "none":
		return rung("skipped", "Preflight", "not needed", el("span", "aside", "A form could send the same."));
	case "kept":
		return rung("passed", "Preflight", "kept", el("span", "aside", "The browser still has the answer to the one before."));
	}
	return rung(preflight === "approved" ? "passed" : "failed", "Preflight", preflight, asked(event), answered(event));
}

// ladder returns the elements that show what came of task, and whether that was
// expected. got is what the script sees, events are what the API received.
export function ladder(config, task, got, events) {
	const before = events.find((e) => e.decision.preflight);
	const sent = events.filter((e) => !e.decision.preflight);
	const outcome = {
		preflight: before ? (before.decision.allowed ? "approved" : "refused") : sent[0]?.decision.announced ? "kept" : "none",
		ran: sent.some((e) => e.ran),
		status: got.status,
		reason: events.at(-1)?.decision.reason ?? "",
	};

	const rungs = [
		rung("", "The page", "calls fetch()", el("span", "aside", `${task.method} ${task.path}`)),
		preflightRung(outcome.preflight, before),
	];
	if (before) {
		rungs.push(decided(before));
	}
	for (const e of sent) {
		rungs.push(rung("", "Request", "sent", el("span", "aside", e.cookie ? "with a cookie" : "without cookies"), asked(e)));
		if (!before) {
			rungs.push(decided(e));
		}
		const shared = e.decision.allowed;
		rungs.push(rung(shared ? "passed" : "failed", "Response", shared ? "shared" : "not shared", 
			el("span", "aside", e.ran ? "The handler ran." : "No handler ran."), answered(e)));
	}
	if (sent.length === 0) {
		rungs.push(rung("skipped", "Request", "never sent"));
	}
	rungs.push(got.status ?
		rung("passed", "The page", `reads ${got.status}`, el("blockquote", "", got.text)) :
		rung("failed", "The page", "reads nothing", el("blockquote", "", got.text)));

	const list = el("ol", "ladder", ...rungs);
	Object.assign(list.dataset, outcome);
	const want = config.role === "stranger" ? task.stranger : task.app;
	const differs = Object.keys(outcome).filter((k) => outcome[k] !== want[k]);
	return {
		expected: differs.length === 0,
		verdict: got.status ? `reads ${got.status}` : "reads nothing",
		elements: [
				list,
			differs.length > 0 && el("p", "unexpected", "Expected here: " + differs.map((k) => `${k} ${want[k]}, not ${outcome[k]}`).join("; ") + "."),
		].filter((e) => e),
	};
}
