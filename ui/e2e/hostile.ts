// Texts that would run, escape or mislead wherever a page takes text for more than text.

export const HOSTILE: readonly string[] = [
  "<script>window.owned = 1</script>",
  "<img src=x onerror='window.owned = 2'>",
  "<svg onload='window.owned = 3'><script>window.owned = 3</script></svg>",
  "<iframe srcdoc='<script>parent.owned = 4</script>'></iframe>",
  "</textarea></title></style><script>window.owned = 5</script>",
  "\"'><b onmouseover=window.owned=6>here</b>",
  "[press](javascript:window.owned=7) [me](data:text/html,<script>window.owned=7</script>)",
  '![picture](x" onerror="window.owned=8)',
  "<a href='javascript:window.owned=9' target=_top>press</a>",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template that must not be one
  "{{ 'window.owned=10' }} ${window.owned=10} #{window.owned=10} <%= window.owned=10 %>",
  "\u001b]8;;javascript:window.owned=11\u0007press\u001b]8;;\u0007 \u001b[31mred\u001b[0m \u001b]0;title\u0007",
  "\u202egnp.exe\u202c \u2066over\u2069 \u2028 \ufeff \u200f\u200d",
  "<style>* { display: none !important }</style><base href='https://example.invalid/'>",
  "<form action='javascript:window.owned=12'><input type=submit></form><meta http-equiv=refresh content=0>",
  "[press]: javascript:window.owned=13\n\n[press]\n\n<javascript:window.owned=13>\n\n<details open ontoggle=window.owned=13>",
  "JaVaScRiPt:window.owned=14 &#106;avascript:window.owned=14 java\tscript:window.owned=14",
  "<math><mtext><table><mglyph><style><img src=x onerror=window.owned=15></style></mglyph></table></mtext></math>",
  "__proto__ constructor toString ' OR 1=1 --; DROP TABLE runs",
  "<div style='position:fixed;inset:0;background:red;z-index:99999'>covered</div>",
  `${"W".repeat(5000)}`,
  "á̴̢̛͉̟̝͍̺̹̫̻̌̎͊̈́͌̏͗͗̂̕͝".repeat(40),
];
