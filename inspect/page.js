"use strict";
(() => {
	const form = document.getElementById("ask")
	const fields = form.elements
	const status = document.getElementById("status")
	const detail = document.getElementById("detail")
	const get = (id) => document.getElementById(id)
	const loading = {}
	let asked = null // the place of the cell that the answer is about

	// A cell is known by its place, which it keeps where the table is written anew.
	const cellOf = (node) => node instanceof Element ? node.closest("#routes td a") : null
	const placeOf = (node) => cellOf(node) && {row: node.closest("tr").rowIndex, column: node.closest("td").cellIndex}
	const cellAt = ({row, column}) => document.querySelector("#routes table")?.rows[row]?.cells[column]?.querySelector("a")

	// load has the server write one part of the page anew. The browser parses it as a
	// document, in which no script runs.
	function load(part) {
		loading[part]?.abort()
		const query = new URLSearchParams(new FormData(form))
		history.replaceState(null, "", "?" + query)
		query.set("part", part)
		return new Promise((resolve) => {
			const request = loading[part] = new XMLHttpRequest()
			request.open("GET", "?" + query)
			request.responseType = "document"
			request.onload = () => {
				const fresh = request.status === 200 && request.response?.getElementById(part)
				if (!fresh) {
					say("The server answers " + request.status + ". Reload the page.", true)
					return
				}
				say("")
				const at = placeOf(document.activeElement)
				get(part).replaceWith(fresh)
				if (at && part === "routes") cellAt(at)?.focus()
				resolve(fresh)
			}
			request.onerror = () => say("The server does not answer.", true)
			request.send()
		})
	}

	function say(text, seen = false) {
		status.textContent = text
		status.classList.toggle("unseen", !seen)
	}

	// explain loads the answer, and reads its verdict out.
	async function explain() {
		const answer = await load("answer")
		say(answer.querySelector(".verdict")?.textContent.trim().replace(/\s+/g, " ") ?? "Fill in the page and the URL.")
		return answer
	}

	form.addEventListener("submit", (event) => {
		event.preventDefault()
		if (document.activeElement === fields.filter) {
			load("routes").then(rove)
			return
		}
		asked = null
		explain()
	})

	let timer
	fields.filter.addEventListener("input", () => {
		clearTimeout(timer)
		timer = setTimeout(() => load("routes").then(rove), 150)
	})

	const refresh = get("refresh")
	refresh.hidden = false
	refresh.addEventListener("click", () => load("refusals").then(() => say("Counted again.")))

	// One cell of the table is a tab stop; the arrow keys lead to the others.
	const cells = () => [...document.querySelectorAll("#routes tbody tr")]
		.map((row) => [...row.querySelectorAll("td a")].filter((a) => a.offsetParent))
		.filter((row) => row.length > 0)

	function rove(current) {
		const all = cells().flat()
		const stop = all.includes(current) ? current : all[0]
		for (const a of all) a.tabIndex = a === stop ? 0 : -1
		if (!all.includes(current)) detail.hidden = true
	}

	function move(from, key) {
		const rows = cells()
		const y = rows.findIndex((row) => row.includes(from))
		const x = rows[y].indexOf(from)
		const flat = getComputedStyle(from.closest("td")).display === "table-cell"
		const all = rows.flat()
		const next = flat ? {
			ArrowUp: rows[y - 1]?.[x], ArrowDown: rows[y + 1]?.[x], ArrowLeft: rows[y][x - 1], ArrowRight: rows[y][x + 1],
			Home: rows[y][0], End: rows[y].at(-1),
		} : {ArrowUp: all[all.indexOf(from) - 1], ArrowDown: all[all.indexOf(from) + 1], Home: all[0], End: all.at(-1)}
		if (!(key in next)) return false
		next[key]?.focus()
		return true
	}

	function describe(a) {
		const td = a.closest("td")
		const route = td.parentElement.querySelector("th").textContent.trim()
		detail.textContent = route + " from " + a.dataset.origin + ": " + a.title
		detail.hidden = false
	}

	document.addEventListener("focusin", ({target}) => {
		const a = cellOf(target)
		if (!a) {
			detail.hidden = true
			return
		}
		rove(a)
		describe(a)
	})
	document.addEventListener("mouseover", ({target}) => {
		const a = cellOf(target)
		if (a) describe(a)
	})
	document.addEventListener("click", (event) => {
		const a = cellOf(event.target)
		if (!a || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
		event.preventDefault()
		const query = new URL(a.href).searchParams
		for (const name of ["origin", "method", "url"]) fields[name].value = query.get(name)
		fields.headers.value = ""
		fields.credentials.checked = a.closest("td").classList.contains("credentials")
		asked = placeOf(a)
		explain().then((answer) => {
			answer.scrollIntoView({block: "nearest"})
			get("question").scrollIntoView()
			answer.focus({preventScroll: true})
		})
	})
	document.addEventListener("keydown", (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey) return
		const typing = event.target.matches("input, textarea")
		const a = cellOf(event.target)
		if (event.key === "/" && !typing) {
			event.preventDefault()
			fields.filter.focus()
			fields.filter.select()
		} else if (event.key === "Escape" && !typing && asked) {
			cellAt(asked)?.focus()
		} else if (a && move(a, event.key)) {
			event.preventDefault()
		}
	})
	rove()
})()
