// The browsable page of the API: shows our own document, and sends requests in the name of the person signed in.

const place = document.getElementById("api-docs");

function withToken(request) {
  const isOurs = new URL(request.url, location.href).origin === location.origin;
  if (isOurs && !["GET", "HEAD", "OPTIONS"].includes((request.method || "GET").toUpperCase())) {
    request.headers["X-CSRFToken"] = place.dataset.csrf;
  }
  return request;
}

if (place && window.SwaggerUIBundle) {
  window.SwaggerUIBundle({
    domNode: place,
    url: place.dataset.schema,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    filter: true,
    requestInterceptor: withToken,
    validatorUrl: null,
  });
} else if (place) {
  place.textContent = place.dataset.failed;
}
