// The page of the playground: it calls fetch() as the table of scenarios says, and asks
// its own server what the API received. With #run in its URL it runs all at once, with
// #run-debug against the API that was set up WithDebug.
import {ladder} from "./ladder.js";

const config = JSON.parse(document.getElementById("config").textContent);
const buttons = [...document.querySelectorAll("button")];
const summary = document.getElementById("summary");

// called does one fetch and says what a script can see of it.
async function called({method, path, headers, body, credentials}, query) {
	const init = {method, headers, body, credentials: credentials ? "include" : "same-origin"};
	try {
		const response = await fetch(config.api + path + "?" + query, init);
		return {status: response.status, text: (await response.text()).trim()};
	} catch (error) {
		return {status: 0, text: String(error)};
	}
}

// run runs one scenario, and reports whether all came as expected. All of its fetches
// have the same URLs as often as it names them, as the preflight cache needs it.
async function run({id, fetches}) {
	const place = document.querySelector(`#${id} .happened`);
	const debug = document.querySelector("[name=server]:checked").value;
	const trace = [...crypto.getRandomValues(new Uint32Array(3))].map((n) => n.toString(36)).join("-");
	const ladders = [];
	let seen = 0;
	let expected = true;
	for (const task of fetches) {
		const got = await called(task, `trace=${trace}${debug && "&debug"}`);
		const all = await (await fetch(`/trace?id=${trace}`)).json();
		const made = ladder(config, task, got, all.slice(seen), fetches.length > 1);
		ladders.push(...made.elements);
		expected &&= made.expected;
		seen = all.length;
	}
	place.replaceChildren(...ladders);
	return expected;
}

// One run after another: they share cookies, and what they print to the console stays
// in order.
let last = Promise.resolve();
let waiting = 0;

function enqueue(scenarios, done) {
	buttons.forEach((b) => b.setAttribute("aria-disabled", "true"));
	waiting++;
	last = last.then(async () => {
		let unexpected = 0;
		try {
			for (const [i, s] of scenarios.entries()) {
				summary.textContent = `Running ${i + 1} of ${scenarios.length}.`;
				unexpected += !await run(s);
			}
			summary.textContent = scenarios.length === 1 ? "Done." : `${scenarios.length} run, ` +
				(unexpected ? `${unexpected} not as expected.` : "each as expected.");
		} catch (error) {
			summary.textContent = `The page’s own server does not answer: ${error}`;
		}
		if (--waiting === 0) {
			buttons.forEach((b) => b.removeAttribute("aria-disabled"));
			document.body.dataset.ran = scenarios.length;
		}
	});
}

document.addEventListener("click", ({target}) => {
	const button = target.closest("button");
	if (!button || waiting) {
		return;
	}
	const article = button.closest("article");
	enqueue(config.scenarios.filter((s) => !article || s.id === article.id));
});

document.addEventListener("keydown", (event) => {
	const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
	const i = buttons.indexOf(document.activeElement);
	if (step && i >= 0 && buttons[i + step]) {
		event.preventDefault();
		buttons[i + step].focus();
	}
});

if (location.hash.startsWith("#run")) {
	const server = location.hash.slice("#run-".length);
	document.querySelector(`[name=server][value="${server === "debug" ? server : ""}"]`).checked = true;
	enqueue(config.scenarios);
}
