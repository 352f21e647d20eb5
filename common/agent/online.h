/// Cards from Semantic Scholar and arXiv, by hand and not in the flow: `bin/propose --search WORDS --online WHERE EXP`
/// puts what it finds into EXP/library, where jobs without a network find it. Answers are kept in EXP/library/cache:
/// the same words ask once. The summary of such a card is the paper's abstract, and its basis says so.
#pragma once

#include <string>
#include <vector>

#include "agent/library.h"
#include "design/agent_settings.h"

namespace gradus {

/// "semantic-scholar" or "arxiv"; UsageError otherwise. GRADUS_SEMANTIC_SCHOLAR_URL and GRADUS_ARXIV_URL name a mirror.
/// The answer's own order. Error: no network, a refusal (with the server's words), not the form that is known.
std::vector<Card> search_online(const std::string& where, const std::string& words, int n, const Path& cache,
                                const TransportSettings& transport);

/// The bodies of their answers.
std::vector<Card> read_semantic_scholar(const std::string& json);
std::vector<Card> read_arxiv(const std::string& atom);

/// Writes cards that `folder` and the built-in library do not have; how many.
int add_cards(const std::vector<Card>& cards, const Path& folder);

}  // namespace gradus
