import { createHash } from 'node:crypto';
import type { App } from './app.ts';
import { requestContext } from './request-context.ts';

const style = `
:root { color-scheme: light dark; --text: #1d2a30; --soft: #53636b; --back: #fbfcfc; --box: #eef2f3; --line: #d5dee1; --link: #0b6478 }
@media (prefers-color-scheme: dark) {
  :root { --text: #e3eaec; --soft: #9fb0b7; --back: #12191c; --box: #1b2529; --line: #2f3e44; --link: #6cc7dc }
}
body { margin: 0 auto; max-width: 44rem; padding: 3rem 1.5rem 4rem; background: var(--back); color: var(--text);
  font: 1.0625rem/1.6 system-ui, sans-serif }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem }
p { margin: .5rem 0 }
.lead { color: var(--soft); margin-top: 0 }
a { color: var(--link) }
a:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
pre { background: var(--box); border: 1px solid var(--line); border-radius: .4rem; padding: .75rem 1rem; overflow-x: auto;
  font: .9rem/1.5 ui-monospace, monospace }
dt { font-weight: 600; margin-top: 1rem }
dd { margin: .25rem 0 0 }
`;

const styleHash = createHash('sha256').update(style).digest('base64');
const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The page at `/`: what this is, and how to point a client at it. */
export function registerHomePage(app: App): void {
  app.route({
    method: 'GET',
    url: '/',
    schema: { hide: true },
    handler: (request, reply) => {
      reply.header('Content-Security-Policy', policy);
      reply.header('Cache-Control', 'no-cache');
      return reply.type('text/html; charset=utf-8').send(homePage(requestContext(request.raw).origin));
    },
  });
}

/** @param origin `https://host[:port]`, checked to be no more than that. */
function homePage(origin: string): string {
  const repo = `${origin}/api/repo`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sluice</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Sluice</h1>
<p class="lead">A governed package repository for conda, Python and R.</p>
<p>Packages come in from public repositories or by upload, pass the rules your organisation has set, and go out to the
clients you already use. What is refused is refused with a reason.</p>

<h2>Where to go</h2>
<ul>
<li><a href="/swagger/ui">The management API, to read and to try</a></li>
<li><a href="/swagger/json">Its description as OpenAPI 3.1</a></li>
<li>The README of this installation: how to create a channel, mirror into it, and manage tokens</li>
</ul>

<h2>Point a client here</h2>
<p>Put the name of a channel for <code>&lt;channel&gt;</code>. A channel that is not public wants a token: write
<code>/t/&lt;token&gt;</code> before the channel, or send it as <code>Authorization: Bearer</code>.</p>
<dl>
<dt>conda</dt>
<dd><pre tabindex="0">conda config --set channel_alias ${repo}
conda config --add channels &lt;channel&gt;</pre></dd>
<dt>mamba, micromamba</dt>
<dd><pre tabindex="0">mamba create -n work --override-channels \\
  -c ${repo}/&lt;channel&gt; python</pre></dd>
<dt>pixi</dt>
<dd><pre tabindex="0">pixi init --channel ${repo}/&lt;channel&gt;</pre></dd>
<dt>pip</dt>
<dd><pre tabindex="0">pip install --index-url ${repo}/&lt;channel&gt;/simple/ &lt;package&gt;</pre></dd>
<dt>uv</dt>
<dd><pre tabindex="0">uv add --default-index ${repo}/&lt;channel&gt;/simple/ &lt;package&gt;</pre></dd>
<dt>R</dt>
<dd><pre tabindex="0">install.packages("&lt;package&gt;", repos = "${repo}/&lt;channel&gt;/cran")</pre></dd>
</dl>
</main>
</body>
</html>
`;
}
