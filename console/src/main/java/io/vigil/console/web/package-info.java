/** The HTTP server: routes, pages, live events. */
@org.jspecify.annotations.NullMarked
package io.vigil.console.web;
