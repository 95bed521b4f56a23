import js from "@eslint/js";
import globals from "globals";

const rules = {
  ...js.configs.recommended.rules,
  complexity: ["error", 10],
  "max-lines": ["error", 200],
  eqeqeq: "error",
  "no-var": "error",
  "prefer-const": "error",
};

export default [
  { files: ["assets/**/*.js"], languageOptions: { ecmaVersion: 2022, globals: globals.browser }, rules },
  { files: ["*.js", "tests/**/*.js"], languageOptions: { ecmaVersion: 2022, globals: globals.node }, rules },
];
