import { setTheme, type Theme, useTheme } from "../shell/theme";

const THEMES: readonly { theme: Theme; name: string }[] = [
  { theme: "system", name: "As the system is" },
  { theme: "light", name: "Light" },
  { theme: "dark", name: "Dark" },
];

export function Appearance() {
  const now = useTheme();
  return (
    <>
      <h2 className="sect-h">
        Appearance <span className="faint">of this window only</span>
      </h2>
      <div className="joined" role="radiogroup" aria-label="Theme">
        {THEMES.map(({ theme, name }) => (
          <button
            key={theme}
            type="button"
            role="radio"
            className={`btn ${theme === now ? "btn-tint" : ""}`}
            aria-checked={theme === now}
            onClick={() => setTheme(theme)}
          >
            {name}
          </button>
        ))}
      </div>
    </>
  );
}
