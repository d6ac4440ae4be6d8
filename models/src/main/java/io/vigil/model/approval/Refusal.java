package io.vigil.model.approval;

/**
 * Why a request is not obeyed.
 *
 * @param code stable, for machines, such as {@code signed_once}
 * @param message for people: what was expected, and what came
 */
public record Refusal(String code, String message) {}
