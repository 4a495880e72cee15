"""Names of people and streets by language, companies and job titles."""

from __future__ import annotations

FIRST_NAMES = {
    "de": ("Anna", "Jürgen", "Sabine", "Lukas", "Käthe", "Matthias", "Heike", "Tobias", "Ulrike", "Jörg"),
    "pl": ("Agnieszka", "Paweł", "Małgorzata", "Tomasz", "Zofia", "Łukasz", "Ewa", "Krzysztof"),
    "en": ("Olivia", "James", "Amelia", "George", "Siobhán", "Liam", "Grace", "Noah", "Charlotte", "Henry"),
    "fr": ("Chloé", "François", "Élodie", "Rémi", "Camille", "Benoît", "Anaïs", "Hélène", "Luc"),
    "es": ("Lucía", "José", "María", "Íñigo", "Begoña", "Andrés", "Inês", "João", "Nuria"),
    "no": ("Ingrid", "Bjørn", "Åse", "Søren", "Liv", "Jørgen", "Märta", "Väinö", "Kirsi", "Göran"),
    "xx": ("Giulia", "Pieter", "Haruka", "Marco", "Sanne", "Beatriz"),
}
LAST_NAMES = {
    "de": ("Müller", "Schäfer", "Groß", "Bauer", "Köhler", "Schmidt-Rüter", "Fuchs", "Weiß", "Lang", "Vogel"),
    "pl": ("Kowalska", "Wójcik", "Nowak", "Zieliński", "Dąbrowska", "Woźniak", "Mazur"),
    "en": ("Smith", "O'Connor", "Taylor", "Ní Bhriain", "Walker", "Thompson", "Clarke", "Brown", "Martin"),
    "fr": ("Lefèvre", "Dubois", "Gagné", "Moreau", "Bélanger", "Peeters", "Garnier", "Côté"),
    "es": ("García", "Núñez", "Fernández", "Ibáñez", "Gonçalves", "Muñoz", "Simões", "Peña"),
    "no": ("Sørensen", "Håkansson", "Nygård", "Lindström", "Kjær", "Mäkinen", "Ødegård", "Berg"),
    "xx": ("Rossi", "de Vries", "Tanaka", "Bianchi", "Jansen", "Oliveira"),
}
COMPANY_STEMS = (
    "Nordwerk", "Alpina", "Hansa", "Helvetia", "Baltica", "Meridian", "Rheintal", "Kestrel", "Bluestone",
    "Lumière", "Atlântica", "Fjordlys", "Polaris", "Cascade", "Redwood", "Harbour", "Vistula", "Solano",
    "Granit", "Ostsee", "Clearwater", "Sierra", "Aurora", "Montclair",
)  # fmt: skip
COMPANY_KINDS = (
    "Logistik", "Precision", "Foods", "Medical", "Energy", "Textiles", "Insurance", "Robotics", "Media",
    "Chemicals", "Retail", "Optics",
)  # fmt: skip
COMPANY_FORMS = {
    "de": ("GmbH", "AG", "GmbH & Co. KG"),
    "pl": ("Sp. z o.o.", "S.A."),
    "en": ("Ltd", "Inc.", "plc", "LLC"),
    "fr": ("SARL", "S.A."),
    "es": ("S.L.", "Lda."),
    "no": ("AS", "AB", "A/S", "Oy"),
    "xx": ("B.V.", "S.r.l.", "K.K."),
}
TITLES = (
    "Head of IT", "IT Manager", "Netzwerkadministrator", "CIO", "Chief Technology Officer", "Buyer",
    "Facility Manager", "Geschäftsführer", "Directeur informatique", "Infrastructure Lead", "Owner",
)  # fmt: skip
STREETS = {
    "de": ("Hauptstraße", "Bahnhofstraße", "Gartenweg", "Am Markt", "Industriestraße"),
    "pl": ("ul. Długa", "ul. Polna", "al. Jerozolimskie"),
    "en": ("High Street", "Station Road", "Mill Lane", "King Street", "Park Avenue"),
    "fr": ("rue de la Gare", "avenue Foch", "rue du Moulin", "place de l'Église"),
    "es": ("Calle Mayor", "Avenida de América", "Rua Augusta"),
    "no": ("Storgata", "Kungsgatan", "Åsvej", "Kirkegata"),
    "xx": ("Via Roma", "Dorpsstraat", "Corso Italia"),
}
