// The flow format as the engine describes it.

import { queryOptions } from "@tanstack/react-query";
import { get } from "../api/client";
import { type Language, readLanguage, type Schema } from "../edit/language";

export const flowSchema = queryOptions({
  queryKey: ["flow-schema"],
  queryFn: ({ signal }) => get<Schema>("/schema", {}, signal),
  // It is part of the program.
  staleTime: Number.POSITIVE_INFINITY,
});

const languages = new WeakMap<Schema, Language>();

export function languageOf(schema: Schema): Language {
  let language = languages.get(schema);
  if (!language) {
    language = readLanguage(schema);
    languages.set(schema, language);
  }
  return language;
}
